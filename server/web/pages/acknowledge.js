// SPDX-License-Identifier: Apache-2.0
// A critical finding waits until somebody acknowledges it: how long it does, and the button for it.
import { api, bdi, el, fullTime, minutesText, plural, timeEl } from './common.js';
import { icon } from './icons.js';

const waited = (entry) => minutesText(Math.max(0, (Date.now() - Date.parse(entry.critical_since)) / 60_000));
const escalated = (entry) => (entry.critical_steps > 0 ? `, escalated ${plural(entry.critical_steps, 'time')}` : '');

// For a row of the list, whose table handles data-act.
export function acknowledgeMark(entry) {
  if (!entry.critical_since) return null;
  return [el('button', { type: 'button', class: 'link', 'data-act': 'acknowledge', tabindex: '-1',
    title: `Not acknowledged since ${fullTime(entry.critical_since)}${escalated(entry)}. I have seen this finding and act on it` },
  'Acknowledge'), ' · ', entry.critical_steps > 0 ? [el('strong', {}, escalated(entry).slice(2)), ' · '] : null].flat();
}

const savedReader = () => { try { return localStorage.getItem('inferad.reader') ?? ''; } catch { return ''; } };

// For the study page. Live events bring the new state after the node has it.
export function acknowledgePanel(entry) {
  if (!entry.critical_since && !entry.acknowledged_at) return null;
  if (!entry.critical_since) {
    return el('section', { class: 'panel' }, el('h2', {}, 'Acknowledged'), el('p', { class: 'sub' }, 'The critical finding was acknowledged',
      entry.acknowledged_by ? [' by ', bdi(entry.acknowledged_by)] : '', ' ', timeEl(entry.acknowledged_at), '.'));
  }
  const reader = el('input', { type: 'text', maxlength: '64', 'aria-label': 'Your name', placeholder: 'Your name', value: savedReader() });
  // Kept while it is typed: a live event draws the page anew.
  reader.addEventListener('input', () => { try { localStorage.setItem('inferad.reader', reader.value); } catch { /* typed anew */ } });
  const told = el('p', { class: 'sub', role: 'status' });
  const button = el('button', { type: 'button' }, 'Acknowledge');
  button.addEventListener('click', async () => {
    try {
      await api(`studies/${entry.id}/acknowledge`, 'POST', { reader: reader.value.trim() });
      told.textContent = 'Acknowledged.';
    } catch (error) {
      told.textContent = `Not acknowledged: ${error.message}`;
    }
  });
  return el('section', { class: 'panel acknowledge' }, el('h2', {}, icon('failed'), 'Nobody has acknowledged this finding'),
    el('p', {}, `It waits for ${waited(entry)}${escalated(entry)}. Whoever acknowledges it has seen it and acts on it.`), reader, ' ', button, told);
}
