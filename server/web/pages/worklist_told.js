// SPDX-License-Identifier: Apache-2.0
// The list as the node tells it: whole at first, then what changed since. An entry stays the same object until it
// changes, so whoever remembers something about an entry need not think of it again.
import { api } from './common.js';

const EMPTY = { revision: '', entries: [], entryOf: new Map(), placeOf: new Map(), waiting: 0 };

const listOf = (revision, entries, waiting) => ({ revision, entries, waiting,
  entryOf: new Map(entries.map((entry) => [entry.id, entry])), placeOf: new Map(entries.map((entry, i) => [entry.id, i])) });

// The list after `told`, which is an answer of /api/v1/worklist; null: it does not fit, ask for the whole.
export function merged(list, told) {
  if (told.entries) return listOf(told.revision, told.entries, told.entries.filter((entry) => entry.position !== null).length);
  if (told.since !== list.revision) return null;
  if (told.revision === told.since) return list;
  const changed = new Map(told.changed.map((entry) => [entry.id, entry]));
  const away = new Set([...told.gone, ...told.placed.map(([id]) => id)]);
  const staying = list.entries.filter((entry) => !away.has(entry.id)).map((entry) => entry.id);
  const entries = [];
  let placed = 0;
  let stayed = 0;
  for (let i = 0; i < told.total; i += 1) {
    const id = told.placed[placed]?.[1] === i ? told.placed[placed++][0] : staying[stayed++];
    const entry = changed.get(id) ?? list.entryOf.get(id);
    if (entry === undefined) return null;
    entries.push(entry);
  }
  if (placed < told.placed.length || stayed < staying.length) return null;
  return listOf(told.revision, entries, told.waiting);
}

// Where a study stands: 1 is read next; '' while it is being read.
export function positionOf(list, id) {
  const place = list.placeOf.get(id) ?? Infinity;
  return place < list.waiting ? place + 1 : '';
}

// ask() gives {list, answer}. One question after the other: each goes on from the answer before it.
export function worklistTold() {
  let list = EMPTY;
  let last = Promise.resolve();
  const askOnce = async () => {
    let answer = await api(list.revision ? `worklist?since=${list.revision}` : 'worklist');
    let next = merged(list, answer);
    if (next === null) {
      answer = await api('worklist');
      next = merged(EMPTY, answer);
    }
    list = next;
    return { list, answer };
  };
  return { empty: EMPTY, ask: () => (last = last.catch(() => {}).then(askOnce)) };
}
