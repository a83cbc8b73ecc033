// SPDX-License-Identifier: Apache-2.0
// What all pages share: building elements, reading the API, writing names and times, theme, keys.
// Everything that comes from a study is hostile text: it only ever becomes a text node or an attribute value.
import { icon } from './icons.js';

// el('p', {class: 'x', title: 'y', onclick: f}, 'text', node, null): strings become text nodes, null is left out.
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Names and free text keep their own direction, whatever stands around them; control characters and marks that turn the
// direction around are no part of what a reader should see.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
export const plain = (text) => String(text ?? '').replace(UNSEEN, '');
export const bdi = (text) => el('bdi', {}, plain(text));

export const byId = (id) => document.getElementById(id);

// ---- API -------------------------------------------------------------------------------------------------------------

export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;  // 0: no answer at all
  }
}

export async function api(path, method = 'GET', content = undefined) {
  let response;
  try {
    response = await fetch('/api/v1/' + path, { method, cache: 'no-store', signal: AbortSignal.timeout(20_000),
      body: content && JSON.stringify(content) });
  } catch {
    throw new ApiError('The node does not answer.', 0);
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  throw new ApiError(body?.error?.message ?? `The node answered with HTTP status ${response.status}.`, response.status);
}

// ---- words and numbers -----------------------------------------------------------------------------------------------

export const LEVELS = ['STAT', 'HIGH', 'ROUTINE', 'LOW'];

export const AI_WORDS = {
  receiving: 'Receiving images',
  pending: 'Waiting for analysis',
  running: 'Analysing',
  done: 'Analysed',
  not_analysed: 'Not analysed',
  not_applicable: 'Not applicable',
  failed: 'Analysis failed',
};

// DICOM PN (PS3.5 6.2): family^given^middle^prefix^suffix, in up to three spellings separated by '='.
export function personName(pn) {
  const spelled = (group) => {
    const [family = '', given = '', middle = '', prefix = '', suffix = ''] = group.split('^').map((part) => part.trim());
    const first = [prefix, given, middle].filter(Boolean).join(' ');
    return [[family, first].filter(Boolean).join(', '), suffix].filter(Boolean).join(' ');
  };
  const [main = '', ...others] = plain(pn).split('=').map(spelled);
  const extra = others.filter(Boolean)[0];
  return main && extra ? `${main} (${extra})` : main || extra || '';
}

// DICOM DA → 2026-11-24, TM → 08:30, AS → 63 y. What is not of that form is shown as it came.
export const dicomDate = (da) => String(da ?? '').replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
export const dicomTime = (tm) => String(tm ?? '').replace(/^(\d{2})(\d{2})(\d{2})?(\.\d+)?$/, '$1:$2');
export const dicomAge = (as) =>
  String(as ?? '').replace(/^(\d{3})([DWMY])$/, (_, count, unit) => `${Number(count)} ${{ D: 'd', W: 'wk', M: 'mo', Y: 'y' }[unit]}`);

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric', month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short',
});
const dayAndClock = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

// Shows these elements in their parent. What looks the same stays as it is: focus, selection, and a click under way.
export function showIn(parent, elements) {
  elements.forEach((fresh, i) => {
    const now = parent.children[i];
    if (!now) parent.append(fresh);
    else if (!now.isEqualNode(fresh)) now.replaceWith(fresh);
  });
  while (parent.children.length > elements.length) parent.lastElementChild.remove();
}

export const fullTime = (iso) => (iso ? full.format(new Date(iso)) : '');
export function shortTime(iso) {
  if (!iso) return '';
  const date = new Date(iso);
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : dayAndClock.format(date);
}
// Of DICOM DA and TM, which have no zone: as shortTime; what is of another year, or of no such form, in full.
export function studyTime(da, tm) {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(da ?? '') ?? [];
  const [, hour, minute] = /^(\d{2})(\d{2})/.exec(tm ?? '') ?? [];
  if (Number(year) === new Date().getFullYear() && hour) return shortTime(new Date(year, month - 1, day, hour, minute));
  return [dicomDate(da), dicomTime(tm)].filter(Boolean).join(' ');
}
export const timeEl = (iso) => el('time', { datetime: iso, title: fullTime(iso) }, shortTime(iso));

// 7 min, 95 min, 2 h 05, 3 d 4 h: whole minutes, as people say it.
export function minutesText(minutes) {
  const whole = Math.max(0, Math.floor(minutes));
  if (whole < 100) return `${whole} min`;
  if (whole < 24 * 60) return `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, '0')}`;
  return `${Math.floor(whole / 1440)} d ${Math.floor((whole % 1440) / 60)} h`;
}

export function bytesText(bytes) {
  if (bytes < 0) return 'unknown';
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let step = 0;
  let value = bytes;
  while (value >= 1000 && step < units.length - 1) { value /= 1000; step += 1; }
  return `${value.toFixed(value < 10 && step > 0 ? 1 : 0)} ${units[step]}`;
}

export const plural = (count, one, many = one + 's') => `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;

// Numbers for reading: `least` to `digits` decimals (scores and shares three), true minus sign, thin grouping from 10,000 on.
export function numberText(value, digits = Math.abs(value) <= 1 ? 3 : 1, least = 0) {
  if (!Number.isFinite(value)) return '';
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits, minimumFractionDigits: least }).replace('-', '\u2212');
}

// "LAA-950 %" and 31.2 → "LAA-950 31.2 %": a name may carry the unit at its end.
export function scoreText(name, value) {
  const [, what, unit] = /^(.*?)(?: (%|HU|mL|mm|ml))?$/.exec(name || 'Score');
  return [what, numberText(value), unit].filter(Boolean).join(' ');
}

export function levelChip(level, title) {
  const known = LEVELS.includes(level) ? level : 'ROUTINE';
  return el('span', { class: `chip chip-${known.toLowerCase()}`, title }, icon(known.toLowerCase()), known);
}

export function stateMark(state, word = AI_WORDS[state] ?? state, title) {
  return el('span', { class: `state state-${state}`, title }, icon(state), word);
}

// ---- theme and keys --------------------------------------------------------------------------------------------------

const THEMES = ['auto', 'light', 'dark'];
const THEME_WORDS = { auto: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' };

function showTheme(theme) {
  const button = byId('theme');
  button.replaceChildren(icon(theme));
  button.title = THEME_WORDS[theme];
  button.setAttribute('aria-label', THEME_WORDS[theme]);
}

function nextTheme() {
  const root = document.documentElement;
  const theme = THEMES[(THEMES.indexOf(root.dataset.theme ?? 'auto') + 1) % THEMES.length];
  if (theme === 'auto') delete root.dataset.theme;
  else root.dataset.theme = theme;
  try { localStorage.setItem('inferad.theme', theme); } catch { /* the choice lasts as long as the page */ }
  showTheme(theme);
}

function keysDialog(keys) {
  const rows = keys.map(([names, what]) =>
    el('div', {}, el('dt', {}, names.split(' ').map((name) => el('kbd', {}, name))), el('dd', {}, what)));
  const dialog = el('dialog', { id: 'keys-dialog', 'aria-label': 'Keys' }, el('h2', {}, 'Keys'), el('dl', {}, rows),
    el('form', { method: 'dialog' }, el('button', {}, 'Close')));
  document.body.append(dialog);
  return dialog;
}

// Wires header buttons; `keys` is [['j ↓', 'next study'], …]; `onKey(event)` gets keys that no text field wants.
export function startPage(keys, onKey) {
  for (const link of document.querySelectorAll('.bar nav a')) if (link.pathname === location.pathname) link.setAttribute('aria-current', 'page');
  showTheme(document.documentElement.dataset.theme ?? 'auto');
  byId('theme').addEventListener('click', nextTheme);
  const dialog = keysDialog([...keys, ['?', 'show keys']]);
  byId('keys').addEventListener('click', () => dialog.showModal());
  document.addEventListener('keydown', (event) => {
    if (dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest?.('input, select, textarea') !== null && event.target !== document.body;
    if (event.key === '?' && !typing) {
      event.preventDefault();
      dialog.showModal();
    } else {
      onKey(event, typing);
    }
  });
}
