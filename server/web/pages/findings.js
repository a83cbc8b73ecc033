// SPDX-License-Identifier: Apache-2.0
// What a pipeline said about a study (findings.json) as readable elements: findings with their presence, measurements as a
// table with one column a region, what was not analysed, limits, and the card of the algorithm.
import { bdi, el, numberText } from './common.js';
import { icon } from './icons.js';

const PRESENCE = { present: 'Present', indeterminate: 'Indeterminate', absent: 'Absent', measured: 'Measured' };  // as listed
const PRESENCE_ICON = { present: 'stat', absent: 'done', indeterminate: 'info', measured: 'routine' };
const UNITS = { '[hnsf\'U]': 'HU', '1': '', '{ratio}': '', '{0:1}': '', 'mm2': 'mm²', 'mm3': 'mm³', 'cm3': 'cm³' };

const unitText = (unit) => UNITS[unit?.value] ?? unit?.value ?? '';
const lower = (text) => text.charAt(0).toLowerCase() + text.slice(1);

// Which of several images it is of: "left_cc" is the pipeline's own name for it.
const ofImage = (item) => (item.input_image ? ` (${item.input_image.replaceAll('_', ' ')})` : '');

// "Left lung", "Both sides": the segment's own label, or side and site.
function regionName(item, segments) {
  const segment = segments.find((s) => s.number === item.segment);
  if (segment?.label) return segment.label;
  const what = (item.site ?? item.concept)?.meaning ?? item.id;
  const side = item.laterality?.meaning ?? '';
  if (/right and left|both|bilateral/i.test(side)) return 'Both sides';
  return side ? `${side} ${lower(what)}` : what;
}

const measureName = (m) => m.label || [m.derivation?.meaning, m.name?.meaning].filter(Boolean).join(' ') || 'Measurement';
const fullName = (m) => `${[m.derivation?.meaning, m.name?.meaning].filter(Boolean).join(' ')} (${m.name?.value}, ${m.name?.scheme})`;

// One number of decimals a row, so that values compare: none where they are large or whole, three for scores and shares.
function digitsOf(cells) {
  const values = cells.filter(Boolean).map((m) => Math.abs(m.value));
  if (values.every(Number.isInteger) || values.some((value) => value >= 1000)) return 0;
  return values.every((value) => value <= 1) ? 3 : 1;
}

// Several of one name have the number that the picture and their sentences have: "2" of "nodule-2".
function columnNames(items, segments) {
  const names = items.map((item) => regionName(item, segments) + ofImage(item));
  const number = (item) => item.id?.match(/-(\d+)$/)?.[1];
  return names.map((name, i) => (names.indexOf(name) !== names.lastIndexOf(name) && number(items[i]) ? `${name} ${number(items[i])}` : name));
}

// One standard deviation over several answers of the algorithm.
const spreadText = (m, digits) => (m.deviation === undefined ? '' : `\u2009±\u2009${numberText(m.deviation, digits + 2)}`);

function measurementsTable(items, segments) {
  // A statement repeats the number that it rests on; regions have a column, statements have their sentence.
  const measured = items.filter((item) => item.presence === 'measured' && item.measurements.length > 0);
  if (measured.length === 0) return null;
  const lines = new Map();  // measure and unit → [one measurement or undefined a region]
  measured.forEach((item, column) => item.measurements.forEach((m) => {
    const key = `${measureName(m)}\n${unitText(m.unit)}`;
    if (!lines.has(key)) lines.set(key, { first: m, cells: new Array(measured.length) });
    lines.get(key).cells[column] = m;
  }));
  const cell = (m, digits) => {
    if (!m) return el('td', { class: 'num none' }, '\u2013');
    return el('td', { class: 'num', title: m.truncated ? 'Cut by the end of the series: a lower bound' : null },
      m.truncated ? '\u2265\u2009' : '', numberText(m.value, digits, digits), spreadText(m, digits), m.truncated ? el('sup', {}, '†') : null);
  };
  const truncated = measured.some((item) => item.measurements.some((m) => m.truncated));
  return el('div', {}, el('div', { class: 'wide' }, el('table', { class: 'plain measures' },
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Measure'), el('th', { scope: 'col', class: 'unit' }, 'Unit'),
      columnNames(measured, segments).map((name) => el('th', { scope: 'col', class: 'num' }, bdi(name))))),
    el('tbody', {}, [...lines.values()].map((row) => el('tr', {},
      el('th', { scope: 'row', title: fullName(row.first) }, bdi(measureName(row.first))),
      el('td', { class: 'unit' }, unitText(row.first.unit)), [...row.cells].map((m) => cell(m, digitsOf([...row.cells])))))))),
  truncated ? el('p', { class: 'note' }, '† The series ends inside the region: the true value is at least this.') : null);
}

// barOf(item): what readers say about it, and its attributes.
function statements(items, barOf) {
  const rank = Object.keys(PRESENCE);
  const said = items.filter((item) => item.presence !== 'measured').sort((a, b) => rank.indexOf(a.presence) - rank.indexOf(b.presence));
  if (said.length === 0) return null;
  return el('ul', { class: 'statements' }, said.map((item) => el('li', { class: `said said-${item.presence}`, ...barOf(item).attributes },
    el('span', { class: 'presence' }, icon(PRESENCE_ICON[item.presence] ?? 'info'), PRESENCE[item.presence] ?? item.presence),
    el('strong', {}, bdi((item.concept?.meaning ?? item.id) + ofImage(item))),
    el('span', { class: 'why' }, bdi(item.explanation ?? '')), barOf(item).bar)));
}

export function findingsSection(findings, barOf = () => ({}), pictures = null) {
  const segments = findings.segments ?? [];
  const items = (findings.items ?? []).map((item) => ({ ...item, measurements: item.measurements ?? [] }));
  const explained = items.filter((item) => item.presence === 'measured' && item.explanation);
  const remarks = [...(findings.qualifiers ?? []).map((each) => each.text), ...(findings.remarks ?? [])];
  return [
    statements(items, barOf),
    pictures,
    measurementsTable(items, segments),
    explained.length ? el('ul', { class: 'notes' }, explained.map((item) => el('li', {}, bdi(item.explanation)))) : null,
    remarks.length ? el('div', { class: 'limits' }, el('h4', {}, icon('info'), 'Limits of this analysis'),
      el('ul', {}, remarks.map((remark) => el('li', {}, bdi(remark))))) : null,
  ];
}

export function algorithmCard(findings, job) {
  const algorithm = findings?.algorithm ?? {};
  const line = (name, value, mono) => (value ? [el('dt', {}, name), el('dd', { class: mono ? 'mono' : null }, bdi(value))] : []);
  return el('dl', { class: 'facts' },
    line('Pipeline', [job.pipeline, job.pipeline_version].filter(Boolean).join(' ')),
    line('Algorithm', [algorithm.name, algorithm.version].filter(Boolean).join(' ')),
    line('Manufacturer', algorithm.manufacturer),
    line('Model SHA-256', algorithm.model_sha256, true),
    line('Settings', algorithm.parameters),
    line('Revision', String(job.revision)),
    line('Series analysed', findings?.series_uid, true));
}
