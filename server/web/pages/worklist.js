// SPDX-License-Identifier: Apache-2.0
// The reading list: asks the API, keeps the order still while somebody points at or has selected a row, draws only the
// rows in view.
import { AI_WORDS, LEVELS, api, byId, el, levelChip, plural, showIn, startPage } from './common.js';
import { icon } from './icons.js';
import { follow } from './live.js';
import { readerName, rememberReader } from './reader.js';
import { arrange, isFiltered, newsOf, select, staysPut } from './worklist_order.js';
import { COLUMNS, Row } from './worklist_rows.js';
import { positionOf, worklistTold } from './worklist_told.js';

const ROW_PX = 48;
const SPARE_ROWS = 16;         // drawn above and below the view: most frames of scrolling draw nothing
const PAUSE_MS = 15_000;       // no hand on mouse or keyboard for so long: the order may move
const MISCLICK_MS = 600;       // after it moved by itself, a click meant another row

const told = worklistTold();
const view = {
  list: told.empty,            // as the node told it last
  shownList: told.empty,       // whose positions are on screen
  targets: {}, unlisted: 0, clockSkew: 0,
  shown: [],                   // ids in the order on screen
  selected: null, pointed: null, loaded: false, failure: null, aeTitle: '',
  filter: { words: '', levels: new Set(), modality: '', state: '' },
  sort: { key: 'position', down: false },
  touchedAt: 0, movedAt: 0, drawn: [0, 0],
};
const rows = new Map();        // id → Row, of those drawn
const scroller = byId('scroller');
const body = byId('rows');
const spacerTop = el('tr', { class: 'spacer', 'aria-hidden': 'true' }, el('td', { colspan: COLUMNS.length }));
const spacerBottom = spacerTop.cloneNode(true);

const nodeNow = () => Date.now() + view.clockSkew;

// What the filters leave of the list, in the order asked for; made again only when one of them is another.
let made = { order: [] };
function wanted() {
  const of = JSON.stringify([view.filter.words, [...view.filter.levels], view.filter.modality, view.filter.state, view.sort]);
  if (made.list === view.list && made.of === of) return made.order;
  made = { list: view.list, of, order: arrange(select(view.list.entries, view.filter), view.sort, view.list.placeOf, made.order) };
  return made.order;
}

// ---- order -----------------------------------------------------------------------------------------------------------

const sameIds = (entries) => entries.length === view.shown.length && entries.every((entry, i) => entry.id === view.shown[i]);

function settle(entries = wanted()) {
  if (!sameIds(entries)) view.movedAt = Date.now();
  view.shown = entries.map((entry) => entry.id);
  view.shownList = view.list;
  if (view.selected !== null && !view.list.entryOf.has(view.selected)) view.selected = null;
  showNews(null);
  draw();
}

// Takes the new order at once when no row under the pointer and no selected row would move; else says what waits.
function settleIfCalm() {
  const entries = wanted();
  const ids = entries.map((entry) => entry.id);
  const idle = Date.now() - view.touchedAt > PAUSE_MS;
  const anchors = [view.pointed, view.selected].filter((id) => id !== null);
  if (idle || sameIds(entries) || staysPut(view.shown, ids, anchors)) return settle(entries);
  showNews(newsOf(view.shown, entries));
  draw();
}

function showNews(news) {
  const button = byId('news');
  button.hidden = news === null;
  if (news === null) return;
  const what = news.added === 0 ? 'New order' : `${news.added} new${news.urgent ? `, ${news.urgent} STAT` : ''}`;
  button.classList.toggle('urgent', news.urgent > 0);
  button.replaceChildren(icon(news.urgent ? 'stat' : 'raised'), what, el('kbd', {}, 'u'));
  button.title = 'Show the list in its new order';
  if (byId('announce').textContent !== what) byId('announce').textContent = what;
}

// ---- drawing ---------------------------------------------------------------------------------------------------------

function draw() {
  const head = byId('head').offsetHeight;
  const first = Math.max(0, Math.floor((scroller.scrollTop - head) / ROW_PX) - SPARE_ROWS);
  const last = Math.min(view.shown.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW_PX) + SPARE_ROWS);
  const now = nodeNow();
  view.drawn = [first, last];
  const elements = [];
  const inView = new Set();
  for (let i = first; i < last; i += 1) {
    const id = view.shown[i];
    const row = rows.get(id) ?? new Row(id);
    rows.set(id, row);
    inView.add(id);
    const entry = view.list.entryOf.get(id) ?? row?.entry ?? view.shownList.entryOf.get(id);
    row.refresh(entry, positionOf(view.shownList, id), i, view.targets, now);
    row.element.classList.toggle('selected', id === view.selected);
    row.element.setAttribute('aria-selected', String(id === view.selected));
    elements.push(row.element);
  }
  for (const id of rows.keys()) if (!inView.has(id)) rows.delete(id);
  spacerTop.firstChild.style.height = `${first * ROW_PX}px`;
  spacerBottom.firstChild.style.height = `${Math.max(0, view.shown.length - last) * ROW_PX}px`;
  place([spacerTop, ...elements, spacerBottom]);
  byId('list').setAttribute('aria-rowcount', String(view.shown.length + 1));
  byId('list').hidden = view.shown.length === 0;
  if (view.selected !== null && inView.has(view.selected)) byId('list').setAttribute('aria-activedescendant', `row-${view.selected}`);
  else byId('list').removeAttribute('aria-activedescendant');
  drawCounts();
  drawEmpty();
}

// Whether what is in view, and a row more on each side, has been drawn.
function isDrawn() {
  const head = byId('head').offsetHeight;
  const top = Math.max(0, Math.floor((scroller.scrollTop - head) / ROW_PX) - 1);
  const bottom = Math.min(view.shown.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW_PX) + 1);
  return top >= view.drawn[0] && bottom <= view.drawn[1];
}

// Touches the document only where it differs, so that hover, focus and running animations survive.
function place(elements) {
  let at = body.firstChild;
  for (const element of elements) {
    if (element === at) at = at.nextSibling;
    else body.insertBefore(element, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function drawCounts() {
  const total = view.list.entries.length;
  const shown = view.shown.length;
  const all = plural(total, 'study', 'studies') + (view.unlisted > 0 ? `; ${plural(view.unlisted, 'older one')} not shown` : '');
  byId('count').textContent = !view.loaded ? '' : isFiltered(view.filter) ? `${shown.toLocaleString('en-GB')} of ${all}` : all;
  byId('count').title = view.unlisted > 0 ? 'More studies wait than this list can show: tell the node which reports are final (config/README.md, hl7_listener)' : '';
  byId('clear').hidden = !isFiltered(view.filter) && view.sort.key === 'position' && !view.sort.down;
}

function drawEmpty() {
  const box = byId('empty');
  box.hidden = view.shown.length > 0 || (!view.loaded && view.failure === null);
  if (box.hidden) return;
  if (!view.loaded) {
    box.replaceChildren(icon('failed'), el('h2', {}, 'The list cannot be shown'), el('p', {}, view.failure),
      el('p', {}, 'Read from your usual list until this page answers again. Tell the person who runs this node.'));
  } else if (view.list.entries.length === 0) {
    box.replaceChildren(icon('done'), el('h2', {}, 'No studies on the list'),
      el('p', {}, 'A study appears here as soon as its first image arrives.'),
      el('p', {}, view.aeTitle ? `Studies come from the PACS by C-STORE to AE title ${view.aeTitle}.` : 'Studies come from the PACS by C-STORE.'));
  } else {
    box.replaceChildren(icon('info'), el('h2', {}, 'No study matches'),
      el('p', {}, `${plural(view.list.entries.length, 'study is', 'studies are')} on the list; the search and the filters leave none.`),
      el('button', { type: 'button', onclick: clearFilters }, 'Clear filters'));
  }
}

function drawHead() {
  byId('head').replaceChildren(...COLUMNS.map((column) => {
    const active = view.sort.key === column.key;
    const sorted = active ? (view.sort.down ? 'descending' : 'ascending') : 'none';
    return el('th', { class: column.cell, scope: 'col', 'aria-sort': sorted },
      el('button', { type: 'button', tabindex: '-1', title: `Sort by ${(column.label ?? column.title).toLowerCase()}`, 'aria-label': column.label ?? column.title,
        onclick: () => sortBy(column.key) }, column.title, active ? icon(view.sort.down ? 'low' : 'high') : null));
  }));
}

function drawLevels() {
  const count = (level) => view.list.entries.reduce((sum, entry) => sum + (entry.level === level ? 1 : 0), 0);
  showIn(byId('levels'), LEVELS.map((level) =>
    el('button', { type: 'button', 'aria-pressed': String(view.filter.levels.has(level)), 'data-level': level, title: `Show ${level} only`,
      onclick: () => toggleLevel(level) }, levelChip(level), el('span', { class: 'n' }, count(level).toLocaleString('en-GB')))));
}

function drawPicks() {
  const fill = (select, all, options, value) => {
    const key = JSON.stringify([options, value]);
    if (select.dataset.key === key) return;
    select.dataset.key = key;
    select.replaceChildren(el('option', { value: '' }, all), ...options.map(([v, text]) => el('option', { value: v }, text)));
    select.value = value;
  };
  const modalities = [...new Set(view.list.entries.map((entry) => entry.modality).filter(Boolean))].sort().slice(0, 60);
  fill(byId('modality'), 'All modalities', modalities.map((m) => [m, m]), view.filter.modality);
  fill(byId('state'), 'Any analysis', Object.entries(AI_WORDS), view.filter.state);
}

// ---- acts of the reader ----------------------------------------------------------------------------------------------

function sortBy(key) {
  view.sort = { key, down: view.sort.key === key && !view.sort.down };
  scroller.scrollTop = 0;
  drawHead();
  settle();
}

function toggleLevel(level) {
  if (!view.filter.levels.delete(level)) view.filter.levels.add(level);
  filtered();
}

function filtered() {
  scroller.scrollTop = 0;
  drawLevels();
  drawPicks();
  settle();
}

function clearFilters() {
  view.filter = { words: '', levels: new Set(), modality: '', state: '' };
  view.sort = { key: 'position', down: false };
  byId('search').value = '';
  drawHead();
  filtered();
}

function choose(index) {
  if (view.shown.length === 0) return;
  const at = Math.min(view.shown.length - 1, Math.max(0, index));
  view.selected = view.shown[at];
  const top = at * ROW_PX;
  const head = byId('head').offsetHeight;
  const room = scroller.clientHeight - head;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  if (top + ROW_PX > scroller.scrollTop + room) scroller.scrollTop = top + ROW_PX - room;
  draw();
}

async function mark(id, act) {
  try {
    await api(act === 'acknowledge' ? `studies/${id}/${act}` : `worklist/${id}/${act}`, 'POST',
      act === 'release' ? undefined : { reader: byId('reader').value.trim() });
    tell('');
  } catch (error) {
    tell(`Not ${{ start: 'started', release: 'released', acknowledge: 'acknowledged' }[act]}: ${error.message}`);
  }
  await refresh().catch(() => {});
  settle();  // the reader asked for it
}

function tell(text) {
  byId('told').textContent = text;
  byId('told').hidden = text === '';
}

const openStudy = (id) => {
  try { sessionStorage.setItem('inferad.study', String(id)); } catch { /* the selection is a comfort only */ }
  location.assign(`/study/${id}`);
};

const at = () => view.shown.indexOf(view.selected);
const pageRows = () => Math.max(1, Math.floor((scroller.clientHeight - byId('head').offsetHeight) / ROW_PX) - 1);
const MOVES = {
  j: () => at() + 1, ArrowDown: () => at() + 1, k: () => (at() < 0 ? 0 : at() - 1), ArrowUp: () => (at() < 0 ? 0 : at() - 1),
  Home: () => 0, End: () => view.shown.length - 1, PageDown: () => at() + pageRows(), PageUp: () => at() - pageRows(),
};

function escape(typing) {
  if (typing) document.activeElement.blur();
  else if (view.selected !== null) view.selected = null;
  else if (isFiltered(view.filter)) return clearFilters();
  settle();
}

function onKey(event, typing) {
  view.touchedAt = Date.now();
  if (event.key === 'Escape') return escape(typing);
  if (typing && (event.key === 'Enter' || event.key === 'ArrowDown')) {
    event.preventDefault();
    document.activeElement.blur();
    return choose(0);
  }
  if (typing) return;
  if (event.key === '/') {
    event.preventDefault();
    byId('search').select();
  } else if (event.key === 'u') {
    settle();
  } else if (event.key === 's' && view.selected !== null) {
    const entry = view.list.entryOf.get(view.selected);
    if (entry && !entry.reading_started_at) mark(entry.id, 'start');
  } else if (event.key === 'Enter' && view.selected !== null && !event.target.closest('button, a, select')) {
    openStudy(view.selected);
  } else if (MOVES[event.key]) {
    event.preventDefault();
    settle();  // a key is a pause: what waited slots in, and the selection moves from where its study now is
    choose(MOVES[event.key]());
  }
}

function wireList() {
  const idOf = (event) => Number(event.target.closest?.('tr[data-id]')?.dataset.id) || null;
  body.addEventListener('pointermove', (event) => { view.pointed = idOf(event); view.touchedAt = Date.now(); });
  body.addEventListener('pointerover', (event) => {
    if (event.target.closest('.c-pos')) rows.get(idOf(event))?.showWhy();
  });
  body.addEventListener('pointerleave', () => {
    view.pointed = null;
    settleIfCalm();
  });
  body.addEventListener('click', (event) => {
    const id = idOf(event);
    if (id === null || String(getSelection()).length > 0) return;
    if (Date.now() - view.movedAt < MISCLICK_MS && view.pointed !== id) return event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const act = event.target.closest('button')?.dataset.act;
    if (act) mark(id, act);
    else openStudy(id);
  });
  let frame = 0;
  scroller.addEventListener('scroll', () => {
    view.touchedAt = Date.now();
    frame ||= requestAnimationFrame(() => { frame = 0; if (!isDrawn()) draw(); });
  });
  new ResizeObserver(() => draw()).observe(scroller);
}

function wireTools() {
  byId('tools').addEventListener('submit', (event) => event.preventDefault());
  byId('search').addEventListener('input', (event) => { view.filter.words = event.target.value; filtered(); });
  byId('modality').addEventListener('change', (event) => { view.filter.modality = event.target.value; filtered(); });
  byId('state').addEventListener('change', (event) => { view.filter.state = event.target.value; filtered(); });
  byId('clear').addEventListener('click', clearFilters);
  byId('reader').value = readerName();
  byId('reader').addEventListener('change', () => rememberReader(byId('reader').value));
  byId('news').addEventListener('click', () => settle());
}

// ---- from the node ---------------------------------------------------------------------------------------------------

function take({ list, answer }) {
  view.list = list;
  view.targets = answer.targets_minutes;
  view.unlisted = answer.unlisted;
  byId('no-starts').hidden = answer.starts_recorded || list.entries.length === 0;
  view.clockSkew = Date.parse(answer.generated_at) - Date.now();
  drawLevels();
  drawPicks();
  if (view.loaded) return settleIfCalm();
  view.loaded = true;
  let last = null;
  try { last = Number(sessionStorage.getItem('inferad.study')); } catch { /* none */ }
  if (list.entryOf.has(last)) view.selected = last;
  settle();
  if (view.selected !== null) choose(at());
}

async function refresh() {
  try {
    take(await told.ask());
    view.failure = null;
  } catch (error) {
    view.failure = error.message;
    drawEmpty();
    throw error;
  }
  if (view.list.entries.length === 0 && view.aeTitle === '') {
    view.aeTitle = (await api('status').catch(() => ({ ae_title: '' }))).ae_title;
    drawEmpty();
  }
}

startPage([['j ↓', 'next study'], ['k ↑', 'study before'], ['Home End', 'first, last'], ['Enter', 'open the study'],
  ['Esc', 'leave search, selection, filters'], ['/', 'search'], ['u', 'show the new order'], ['s', 'start reading the selected study']], onKey);
wireList();
wireTools();
drawHead();
drawLevels();
drawPicks();
follow(refresh);
setInterval(() => {
  if (!byId('news').hidden) settleIfCalm();
  else draw();
}, 5_000);
