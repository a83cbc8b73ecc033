// SPDX-License-Identifier: Apache-2.0
// Which studies the list shows and in which order: pure functions on the entries of /api/v1/worklist. The node gives the
// reading order; everything here only selects and, on request, sorts otherwise.
import { LEVELS, personName } from './common.js';

const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
const haystacks = new WeakMap();

function haystack(entry) {
  let text = haystacks.get(entry);
  if (text === undefined) {
    text = fold([personName(entry.patient_name), entry.patient_id, entry.accession_number, entry.study_description, entry.modality,
      entry.body_part, entry.patient_location ?? '', entry.institution, entry.referring_physician, entry.ai_reason].join('\n'));
    haystacks.set(entry, text);
  }
  return text;
}

// filter: {words: text, levels: Set, modality: '' | text, state: '' | text}
export function isFiltered(filter) {
  return filter.words.trim() !== '' || filter.levels.size > 0 || filter.modality !== '' || filter.state !== '';
}

export function select(entries, filter) {
  if (!isFiltered(filter)) return entries;
  const words = fold(filter.words).split(/[\s,^]+/).filter(Boolean);
  return entries.filter((entry) =>
    (filter.levels.size === 0 || filter.levels.has(entry.level)) &&
    (filter.modality === '' || entry.modality === filter.modality) &&
    (filter.state === '' || entry.ai_state === filter.state) &&
    words.every((word) => haystack(entry).includes(word)));
}

const STATES = ['failed', 'not_analysed', 'done', 'running', 'pending', 'receiving', 'not_applicable'];
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
const byRank = (ranks, key) => (a, b) => ranks.indexOf(key(a)) - ranks.indexOf(key(b));

const names = new WeakMap();
function nameOf(entry) {
  if (!names.has(entry)) names.set(entry, personName(entry.patient_name));
  return names.get(entry);
}

const COMPARE = {
  level: byRank(LEVELS, (entry) => entry.level),
  order_level: byRank(LEVELS, (entry) => entry.order_level),
  waiting: (a, b) => (a.arrived_at < b.arrived_at ? -1 : a.arrived_at > b.arrived_at ? 1 : 0),
  patient: (a, b) => collator.compare(nameOf(a), nameOf(b)),
  study: (a, b) => collator.compare(a.study_description, b.study_description),
  analysis: byRank(STATES, (entry) => entry.ai_state),
  reading: (a, b) => collator.compare(a.reading_started_at ?? '', b.reading_started_at ?? ''),
};

// sort: {key, down}. Ties keep the reading order, which placeOf knows by id. `before`: entries as they were sorted last;
// little has changed since, and a sort that starts from there compares little.
export function arrange(entries, sort, placeOf, before) {
  if (sort.key === 'position') return sort.down ? [...entries].reverse() : entries;
  const compare = COMPARE[sort.key];
  const sign = sort.down ? -1 : 1;
  const left = new Map(entries.map((entry) => [entry.id, entry]));
  const start = [];
  for (const { id } of before) {
    if (left.has(id)) start.push(left.get(id));
    left.delete(id);
  }
  return [...start, ...left.values()].sort((a, b) => sign * compare(a, b) || placeOf.get(a.id) - placeOf.get(b.id));
}

// Whether each study of `anchors` (those under the pointer or selected) would stay on its line.
export function staysPut(shownIds, wantedIds, anchors) {
  return anchors.every((id) => {
    const at = shownIds.indexOf(id);
    return at === -1 || wantedIds[at] === id;
  });
}

// What is new in `wanted` against what the reader has seen: for the announcement.
export function newsOf(shownIds, wanted) {
  const seen = new Set(shownIds);
  const added = wanted.filter((entry) => !seen.has(entry.id));
  const urgent = added.filter((entry) => entry.level === 'STAT').length;
  return { added: added.length, urgent };
}
