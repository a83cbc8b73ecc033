// SPDX-License-Identifier: Apache-2.0
// One row of the reading list: building it, and refreshing what changed in it.
import { acknowledgeMark } from './acknowledge.js';
import { AI_WORDS, api, bdi, dicomAge, dicomDate, dicomTime, el, fullTime, levelChip, minutesText, numberText, personName, plain, plural,
  scoreText, shortTime, stateMark, studyTime } from './common.js';
import { icon } from './icons.js';

export const COLUMNS = [
  { key: 'position', title: '#', label: 'Reading order', cell: 'c-pos' },
  { key: 'level', title: 'Priority', cell: 'c-level' },
  { key: 'order_level', title: 'Ordered', cell: 'c-order' },
  { key: 'waiting', title: 'Waiting', cell: 'c-wait' },
  { key: 'patient', title: 'Patient', cell: 'c-patient' },
  { key: 'study', title: 'Study', cell: 'c-study' },
  { key: 'analysis', title: 'Analysis and reason', cell: 'c-ai' },
  { key: 'reading', title: 'Reading', cell: 'c-read' },
];

const rank = { STAT: 0, HIGH: 1, ROUTINE: 2, LOW: 3 };
export const isRaised = (entry) => rank[entry.level] < rank[entry.order_level];
export const lastDecision = (entry) => entry.decisions[entry.decisions.length - 1] ?? null;

const line = (name, ...children) => el('div', { class: name }, ...children);
const words = (...parts) => parts.filter(Boolean).join(' · ');

function levelCell(entry) {
  const raised = isRaised(entry);
  const title = raised ? `Raised from ${entry.order_level} because of the analysis` : `As ordered: ${entry.order_level}`;
  const chip = line('main', levelChip(entry.level, title));
  return raised ? [chip, line('sub', icon('raised'), 'raised by AI')] : [chip];
}

function orderCell(entry) {
  return line('main ordered', icon(entry.order_level.toLowerCase()), entry.order_level);
}

function patientCell(entry) {
  const name = personName(entry.patient_name) || 'No name';
  const id = entry.patient_id ? [bdi(entry.patient_id)] : ['no ID'];
  const rest = words(dicomAge(entry.age), entry.sex);
  return [
    line('main', el('a', { href: `/study/${entry.id}`, tabindex: '-1', class: 'name', title: name }, bdi(name))),
    line('sub', ...id, rest ? ` · ${rest}` : ''),
  ];
}

function studyCell(entry) {
  const what = entry.study_description || words(entry.modality, entry.body_part) || 'No description';
  const when = words(dicomDate(entry.study_date), dicomTime(entry.study_time));
  return [
    line('main', el('span', { title: [plain(what), when && `Study of ${when}`].filter(Boolean).join('\n') }, bdi(what))),
    line('sub', bdi(entry.modality || '?'), entry.patient_location ? [' · ', bdi(entry.patient_location)] : '',
      when ? [' · ', bdi(studyTime(entry.study_date, entry.study_time))] : '', ` · ${plural(entry.instances, 'image')}`,
      entry.body_part && entry.study_description ? [' · ', bdi(entry.body_part)] : ''),
  ];
}

// What stands behind the priority: number when the reason does not say it, who computed it, when.
function sourceText(decision, reason) {
  const model = decision.model_sha256 ? `model ${decision.model_sha256.slice(0, 8)}` : '';
  const told = decision.score === null || reason.includes(numberText(decision.score));
  return words(told ? '' : scoreText(decision.score_name, decision.score), `${decision.pipeline} ${decision.pipeline_version}`, model,
    shortTime(decision.decided_at));
}

function runningCell(entry) {
  const percent = Math.round(Math.min(1, Math.max(0, entry.progress)) * 100);
  const fill = el('span', { class: 'fill' });
  fill.style.width = `${percent}%`;
  return [line('main', stateMark('running', `${AI_WORDS.running} ${percent} %`)), line('sub', el('span', { class: 'meter' }, fill))];
}

// Where AI raised something, the reason is what the reader looks for; everywhere else the state is.
function analysisCell(entry) {
  if (entry.ai_state === 'running') return runningCell(entry);
  const decision = lastDecision(entry);
  if (decision) {
    const reason = decision.reason || entry.ai_reason;
    return [line('main', el('span', { class: 'reason', title: plain(reason) }, icon('raised'), bdi(reason))),
      line('sub', acknowledgeMark(entry), stateMark(entry.ai_state), ' · ', bdi(sourceText(decision, reason)))];
  }
  const reason = entry.ai_reason || (entry.ai_state === 'done' ? 'No priority follows from the findings' : '');
  return [line('main', stateMark(entry.ai_state)), line('sub', el('span', { title: plain(reason) }, bdi(reason)))];
}

export function waitingCell(entry, targets, now) {
  const target = targets[entry.level] ?? 0;
  const minutes = Math.max(0, (now - Date.parse(entry.arrived_at)) / 60_000);
  const share = target > 0 ? Math.min(1, minutes / target) : 1;
  const over = minutes >= target;
  const due = new Date(Date.parse(entry.arrived_at) + target * 60_000).toISOString();
  const fill = el('span', { class: 'fill' });
  fill.style.width = `${Math.round(share * 100)}%`;
  const goal = target === 0 ? 'read at once' : over ? `over ${minutesText(target)}` : `of ${minutesText(target)}`;
  return el('div', { class: over && target > 0 ? 'wait over' : 'wait', title: `On the list since ${fullTime(entry.arrived_at)}\n` +
      `Target for ${entry.level}: ${target === 0 ? 'at once' : minutesText(target)}, until ${fullTime(due)}` },
    line('main', minutesText(minutes)), line('sub', goal), el('span', { class: 'meter' }, fill));
}

// Start while it waits; who reads since when, and Release, afterwards.
function readingCell(entry) {
  if (!entry.reading_started_at) {
    return el('button', { type: 'button', class: 'small', 'data-act': 'start', tabindex: '-1',
      title: 'I read this study now: it leaves the waiting list (s)' }, 'Start');
  }
  return [line('main', bdi(entry.reading_by || 'started'), ` ${shortTime(entry.reading_started_at)}`),
    line('sub', el('button', { type: 'button', class: 'link', 'data-act': 'release', tabindex: '-1',
      title: `Started ${fullTime(entry.reading_started_at)}. Put it back on the list: it is not being read` }, 'Release'))];
}

const fingerprint = (entry) => JSON.stringify([entry.level, entry.order_level, entry.ai_state, entry.ai_reason, entry.decisions.length,
  entry.patient_name, entry.patient_id, entry.study_description, entry.patient_location, entry.instances, entry.revision, entry.reading_started_at,
  entry.reading_by, entry.critical_since, entry.critical_steps]);

// A row keeps its element as long as its study is in view; `refresh` rebuilds only cells of entries that changed.
export class Row {
  constructor(id) {
    this.id = id;
    this.cells = COLUMNS.map((column) => el('td', { class: column.cell }));
    this.element = el('tr', { id: `row-${id}`, 'data-id': id }, this.cells);
    this.element.addEventListener('animationend', () => this.element.classList.remove('changed'));
  }

  refresh(entry, position, index, targets, now) {
    this.element.setAttribute('aria-rowindex', String(index + 2));
    if (this.position !== position) this.cells[0].textContent = String((this.position = position));
    if (this.entry !== entry) this.build(entry);
    const minute = `${Math.floor((now - Date.parse(entry.arrived_at)) / 10_000)} ${entry.level} ${targets[entry.level]}`;
    if (this.minute !== minute) {
      this.cells[3].replaceChildren(waitingCell(entry, targets, now));
      this.minute = minute;
    }
  }

  build(entry) {
    const print = fingerprint(entry);
    if (this.print !== undefined && this.print !== print) this.mark();
    const same = this.print === print && this.entry.progress === entry.progress;
    this.entry = entry;
    this.print = print;
    if (same) return;
    this.element.dataset.level = entry.level;
    this.cells[1].replaceChildren(...levelCell(entry));
    this.cells[2].replaceChildren(orderCell(entry));
    this.cells[4].replaceChildren(...patientCell(entry));
    this.cells[5].replaceChildren(...studyCell(entry));
    this.cells[6].replaceChildren(...analysisCell(entry));
    this.cells[7].replaceChildren(...[readingCell(entry)].flat());
    this.element.classList.toggle('read', entry.reading_started_at !== null);
  }

  // Why it stands where it does changes with time and with the studies above: asked when somebody points at the place.
  showWhy() {
    api(`studies/${this.id}`).then(({ entry }) => { this.cells[0].title = entry.position_reason; }, () => { this.cells[0].title = ''; });
  }

  mark() {
    this.element.classList.remove('changed');
    void this.element.offsetWidth;  // restarts the animation
    this.element.classList.add('changed');
  }
}
