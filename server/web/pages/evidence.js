// SPDX-License-Identifier: Apache-2.0
// Evidence: what were the analyses worth here? Every number with how many studies it counts; what nothing tells is unknown.
import { api, bdi, byId, el, numberText, plural, showIn, startPage, timeEl } from './common.js';
import { icon } from './icons.js';
import { follow } from './live.js';

const GROUPINGS = { age: 'By age, years', sex: 'By sex', manufacturer: 'By manufacturer', site: 'By site' };
const unknown = () => el('span', { class: 'sub' }, 'unknown');
const percent = (part) => numberText(part * 100, 0);

// 75 (30 to 95), and below it 3 of 4
function part(it) {
  if (it.n === 0) return unknown();
  return [el('div', {}, `${percent(it.value)} (${percent(it.low)} to ${percent(it.high)})`), el('div', { class: 'sub' }, `${it.k} of ${it.n}`)];
}

function minutes(it, value = it.gained, low = it.low, high = it.high) {
  if (it.n === 0) return unknown();
  return low === null || low === undefined ? numberText(value, 1, 1) : `${numberText(value, 1, 1)} (${numberText(low, 1, 1)} to ${numberText(high, 1, 1)})`;
}

// columns: [[title, class, row → cell content], …]; the first heads its row
function table(label, columns, rows) {
  const cell = ([, name, content], i, row) => (i === 0 ? el('th', { scope: 'row', class: name }, content(row)) : el('td', { class: name }, content(row)));
  return el('div', { class: 'wide', role: 'region', 'aria-label': label, tabindex: 0 }, el('table', { class: 'plain evidence' },
    el('thead', {}, el('tr', {}, columns.map(([title, name]) => el('th', { class: name, scope: 'col' }, title)))),
    el('tbody', {}, rows.map((row) => el('tr', {}, columns.map((column, i) => cell(column, i, row)))))));
}

function waitTable(row, name) {
  const rows = [['Raised above the order', row.positives], ['Nothing asked', row.negatives],
    ...row.findings.filter((one) => one.diseased.n > 0).map((one) => [`${one.finding} present by the report`, one.diseased])];
  return table(`Minutes of ${name}`, [['Studies', '', ([what]) => bdi(what)], ['Read, n', 'num', ([, it]) => it.n],
    ['Gained (minus: lost), min (95 %)', 'num', ([, it]) => minutes(it)], ['Mean wait, min', 'num', ([, it]) => minutes(it, it.mean, null)],
    ['Mean if first in, first out, min', 'num', ([, it]) => minutes(it, it.fifo_mean, null)], ['Longest wait, min', 'num', ([, it]) => minutes(it, it.longest, null)],
    ['Longest if first in, first out, min', 'num', ([, it]) => minutes(it, it.fifo_longest, null)]], rows);
}

const PARTS = [['Agreement, % (95 %)', 'agreement'], ['PPV by readers, %', 'ppv_judged'], ['PPV by reports, %', 'ppv_reported'],
  ['Sensitivity by reports, %', 'sensitivity'], ['Specificity by reports, %', 'specificity']].map(([title, member]) => [title, 'num', (one) => part(one[member])]);

function findingTable(row, name) {
  const said = (one) => [`${one.present} / ${one.absent} / ${one.indeterminate}`, one.measured > 0 ? el('div', { class: 'sub' }, `${one.measured} measured`) : null];
  return table(`Findings of ${name}`, [['Finding', '', (one) => bdi(one.finding)], ['Present / absent / unsure', 'num', said], ...PARTS], row.findings);
}

function groupTable(by, rows, name) {
  const lines = rows.flatMap((row) => (row.findings.length > 0 ? row.findings : [null]).map((finding, i) => ({ row, finding, first: i === 0 })));
  const ofRow = (content) => ({ row, first }) => (first ? content(row) : '');
  return el('details', {}, el('summary', {}, `${GROUPINGS[by]}: ${plural(rows.length, 'group')}`),
    table(`${name}, ${GROUPINGS[by]}`, [['Group', '', ({ row, first }) => [bdi(row.group), first && row.merged ? el('div', { class: 'sub' }, 'too small alone') : null]],
      ['Studies', 'num', ofRow((row) => row.studies)], ['Asked, % (95 %)', 'num', ofRow((row) => part(row.asked))],
      ['Raised: gained, min', 'num', ofRow((row) => minutes(row.positives))], ['Nothing asked: gained, min', 'num', ofRow((row) => minutes(row.negatives))],
      ['Finding', '', ({ finding }) => (finding ? bdi(finding.finding) : '')],
      ...PARTS.map(([title, cls, cell]) => [title, cls, ({ finding }) => (finding ? cell(finding) : '')])], lines));
}

function versionPanel(rows, withheld, least) {
  const all = rows.find((row) => row.by === 'all');
  const name = `${all.pipeline} ${all.version}`;
  const groups = Object.keys(GROUPINGS).map((by) => [by, rows.filter((row) => row.by === by)]).filter(([, some]) => some.length > 0);
  return el('section', { class: 'panel' },
    el('h2', {}, bdi(name), ' ', el('span', { class: 'sub' }, `${plural(all.studies, 'study', 'studies')} analysed`)),
    el('p', { class: 'facts-line' }, `Asked for a higher priority: ${all.asked.k} of ${all.asked.n} (${percent(all.asked.value ?? 0)} %); raised above their order: ${all.raised}. `,
      all.confirmed.n > 0 ? `Readers judged the reason of ${all.confirmed.n} and nobody disagreed with ${all.confirmed.k} (${percent(all.confirmed.low)} to ${percent(all.confirmed.high)} %).` : 'No reader has judged a reason.'),
    waitTable(all, name), all.findings.length > 0 ? findingTable(all, name) : el('p', { class: 'note' }, 'It says nothing about findings.'),
    groups.map(([by, some]) => groupTable(by, some, name)),
    withheld.length > 0 ? el('p', { class: 'note' }, `Withheld: ${withheld.map((one) => GROUPINGS[one.by].toLowerCase()).join(', ')}. Fewer than two groups of ${least} studies would remain.`) : null);
}

// What is missing, and what would fill it.
function gaps(evidence) {
  const list = [];
  if (evidence.starts === 0) list.push('No start of reading is recorded, so minutes are unknown. They are counted once readers press Start on the reading list, or the PACS or RIS tells it.');
  if (evidence.judged === 0) list.push('No reader has judged a finding, so agreement is unknown. Agree and Disagree stand beside each finding on the page of a study.');
  if (evidence.reported === 0) list.push('No final report tells in codes whether a finding was there, so sensitivity is unknown. Free text is not interpreted; hl7_listener.observations maps coded observations of the RIS’s final reports, POST /api/v1/reports takes statements.');
  return list;
}

function view(evidence) {
  if (evidence.rows.length === 0) {
    return [el('div', { class: 'empty' }, icon('info'), el('h2', {}, 'No study was analysed in these days'),
      el('p', {}, 'Each study that a pipeline analyses counts here, from its findings on.'))];
  }
  const versions = new Map();
  for (const row of evidence.rows) versions.set(`${row.pipeline} ${row.version}`, [...(versions.get(`${row.pipeline} ${row.version}`) ?? []), row]);
  const missing = gaps(evidence);
  return [
    el('p', { class: 'facts-line' }, 'Counted ', timeEl(evidence.until), `, of studies analysed since `, timeEl(evidence.since), '. In brackets: 95 % interval.'),
    missing.length > 0 ? el('div', { class: 'limits' }, el('h3', {}, icon('info'), 'What is unknown, and what would tell'), el('ul', {}, missing.map((text) => el('li', {}, text)))) : null,
    ...[...versions].map(([name, rows]) => versionPanel(rows, evidence.withheld.filter((one) => `${one.pipeline} ${one.version}` === name), evidence.group_min)),
    el('section', { class: 'panel' }, el('h2', {}, 'How to read this'), el('ul', { class: 'notes' }, [
      'PPV (positive predictive value): of the studies said present, how many were. Sensitivity: of those that had the finding, how many were said present. Specificity: of those that did not, how many were not said present.',
      'Readers judge what they choose to: agreement and PPV by readers count only studies that somebody judged, and may flatter or blame the analysis (verification bias). A study counts as agreed when nobody disagreed.',
      'Sensitivity and PPV by reports count only studies whose final report states the finding in codes. Unsure counts as not found.',
      'Gained minutes: what the same recorded starts of reading had given each study when first in, first out, less its wait as it was. What some gain others lose; urgent orders and the readers’ own choices are in it too, not the AI alone. Studies that nobody has begun to read are not in it.',
      `Groups of fewer than ${evidence.group_min} studies are put together. Small groups have wide intervals: compare intervals, not numbers.`].map((text) => el('li', {}, text)))),
  ].filter(Boolean);
}

async function refresh() {
  const days = byId('days').value;
  byId('csv').href = `/api/v1/evidence.csv?days=${days}`;
  const open = new Set([...document.querySelectorAll('#evidence details[open]')].map((one) => one.querySelector('[role=region]').getAttribute('aria-label')));
  const elements = view(await api(`evidence?days=${days}`));
  for (const one of elements.flatMap((element) => [...element.querySelectorAll('details')])) one.open = open.has(one.querySelector('[role=region]').getAttribute('aria-label'));
  showIn(byId('evidence'), elements);
}

startPage([['Esc', 'back to the reading list']], (event, typing) => {
  if (event.key === 'Escape' && !typing) location.assign('/');
});
const page = follow(refresh, () => false);
byId('days').addEventListener('change', () => page.soon());
