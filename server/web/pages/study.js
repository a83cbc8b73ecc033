// SPDX-License-Identifier: Apache-2.0
// One study: what did AI see, on what, how sure, and what did it not look at?
import { acknowledgePanel } from './acknowledge.js';
import { AI_WORDS, api, bdi, byId, dicomAge, dicomDate, dicomTime, el, fullTime, levelChip, minutesText, numberText, personName,
  plural, scoreText, startPage, stateMark, timeEl } from './common.js';
import { FEEDBACK_KEYS, feedbackBar, feedbackHistory, feedbackKey, readerLine, startFeedback, takeFeedback, targetAttributes } from './feedback.js';
import { cardSection, takeCards, viewerLink } from './card.js';
import { algorithmCard, findingsSection } from './findings.js';
import { icon } from './icons.js';
import { follow } from './live.js';
import { picturesOf, takePictures, toggleMarks } from './pictures.js';
import { isRaised } from './worklist_rows.js';

const id = Number(location.pathname.split('/').pop());
const SEND_WORDS = { waiting: 'Waiting to be sent', sending: 'Being sent', delivered: 'Sent', parked: 'Could not be sent' };
const KIND_WORDS = { SEG: 'Segmentation (SEG)', SR: 'Report (SR)', HL7: 'Priority message (HL7)',
  WEBHOOK: 'Message (webhook)', FHIR: 'Priority (FHIR)',
  WORKLIST_FILE: 'Priority (worklist file)', MAIL: 'E-mail' };

const facts = (...pairs) => el('dl', { class: 'facts' }, pairs.filter(([, value]) => value !== '' && value !== null && value !== undefined)
  .map(([name, value, mono]) => [el('dt', {}, name), el('dd', { class: mono ? 'mono' : null }, value instanceof Node ? value : bdi(value))]));

const panel = (title, ...content) => el('section', { class: 'panel' }, el('h2', {}, title), ...content);

function heading(entry) {
  const name = personName(entry.patient_name) || 'No name';
  const person = [entry.patient_id && ['ID ', bdi(entry.patient_id)], entry.birth_date && `born ${dicomDate(entry.birth_date)}`,
    dicomAge(entry.age), entry.sex].filter(Boolean);
  const what = entry.study_description || [entry.modality, entry.body_part].filter(Boolean).join(' ') || 'No description';
  const when = [dicomDate(entry.study_date), dicomTime(entry.study_time)].filter(Boolean).join(' ');
  return el('header', { class: 'patient' },
    el('h1', {}, bdi(name)),
    el('p', { class: 'sub' }, person.map((part, i) => [i ? ' · ' : '', part])),
    el('p', { class: 'what' }, bdi(what), when ? el('span', { class: 'sub' }, ` · ${when}`) : null),
    viewerLink(viewerUrl, entry));
}

function scale(decision) {
  if (decision.score === null || decision.threshold === null || !(decision.threshold > 0)) return null;
  const top = Math.max(decision.score, decision.threshold) * 1.25;
  const fill = el('span', { class: 'fill' });
  fill.style.width = `${Math.max(0, (decision.score / top) * 100)}%`;
  const mark = el('span', { class: 'mark' });
  mark.style.left = `${(decision.threshold / top) * 100}%`;
  return el('div', { class: 'scale' }, el('div', { class: 'track' }, fill, mark),
    el('p', { class: 'sub' }, `${scoreText(decision.score_name, decision.score)} · threshold ${numberText(decision.threshold)}`));
}

function priorityPanel(entry, targets) {
  const decision = entry.decisions[entry.decisions.length - 1];
  const target = targets[entry.level];
  return panel('Priority',
    el('div', { class: 'priorities' },
      el('div', {}, el('span', { class: 'sub' }, 'Now'), levelChip(entry.level)),
      el('div', {}, el('span', { class: 'sub' }, 'Ordered'), levelChip(entry.order_level)),
      el('div', {}, el('span', { class: 'sub' }, 'AI'), decision ? levelChip(decision.level) : el('span', { class: 'none' }, 'none')),
      el('div', {}, el('span', { class: 'sub' }, 'Waiting'), el('span', { class: 'big', title: `Since ${fullTime(entry.arrived_at)}` },
        minutesText((Date.now() - Date.parse(entry.arrived_at)) / 60_000)),
      el('span', { class: 'sub' }, target === 0 ? 'read at once' : `of ${minutesText(target)}`))),
    decision ? el('div', { class: 'because' }, el('p', {}, icon('raised'), bdi(decision.reason)), scale(decision),
      el('p', { class: 'sub' }, bdi(`${decision.pipeline} ${decision.pipeline_version}`),
        decision.model_sha256 ? el('span', { title: decision.model_sha256 }, ` · model ${decision.model_sha256.slice(0, 12)}`) : null,
        ' · ', timeEl(decision.decided_at)))
      : el('p', { class: 'sub' }, entry.ai_reason.startsWith('not raised: ') ? bdi(entry.ai_reason)
        : 'AI asked for no other priority. The ordered priority stands.'),
    decision && !isRaised(entry) ? el('p', { class: 'sub' }, 'The ordered priority is at least as urgent, so it stands. AI never lowers a priority.') : null);
}

// What readers say about one finding, and about the result as a whole.
function barOf(job, item) {
  const label = item.concept?.meaning ?? item.id;
  return { attributes: targetAttributes(job, item.id, label), bar: feedbackBar(job, item.id, label) };
}

function wholeResult(job) {
  const label = `the result of ${job.pipeline}`;
  return el('div', { class: 'whole', ...targetAttributes(job, '', label) }, el('span', { class: 'sub' }, 'The whole result'), feedbackBar(job, '', label));
}

function jobSection(job, newest) {
  const superseded = job.revision < newest;
  const running = job.state === 'running';
  const word = running ? `${AI_WORDS.running} ${Math.round(job.progress * 100)} %${job.stage ? ` (${job.stage})` : ''}` : undefined;
  const missing = ['not_analysed', 'not_applicable', 'failed'].includes(job.state);
  return el('section', { class: superseded ? 'job old' : 'job' },
    el('div', { class: 'job-head' }, el('h3', {}, bdi(job.pipeline)), el('span', { class: 'sub' }, bdi(job.pipeline_version)),
      superseded ? stateMark('superseded', `Superseded by revision ${newest}`) : stateMark(job.state, word)),
    job.reason && (missing || superseded) ? el('p', { class: 'reason-box' }, bdi(job.reason)) : null,
    job.state === 'pending' ? el('p', { class: 'sub' }, 'The images are complete. The analysis starts when a worker is free.') : null,
    job.findings ? findingsSection(job.findings, (item) => barOf(job, item), superseded ? null : picturesOf(id, job)) : null,
    job.findings && job.state === 'done' ? wholeResult(job) : null,
    job.findings || job.state === 'done' ? el('details', {}, el('summary', {}, 'About this algorithm: use, limits, thresholds, model'), algorithmCard(job.findings, job),
      cardSection(job.pipeline, job.pipeline_version, job.findings?.algorithm?.model_sha256 ?? '')) : null);
}

function analysisPanel(detail) {
  const entry = detail.entry;
  const newest = new Map();
  for (const job of detail.jobs) newest.set(job.pipeline, Math.max(job.revision, newest.get(job.pipeline) ?? 0));
  const jobs = [...detail.jobs].sort((a, b) => b.revision - a.revision || a.id - b.id);
  return panel('What AI found', readerLine(), jobs.length
    ? [jobs.map((job) => jobSection(job, newest.get(job.pipeline))), feedbackHistory()]
    : el('div', { class: 'job' }, stateMark(entry.ai_state), el('p', {}, bdi(entry.ai_reason || {
      receiving: 'Images are still arriving. The analysis starts when the study is complete.',
      pending: 'The study is complete and waits to be routed.' }[entry.ai_state] || 'No pipeline has looked at this study.'))));
}

function notLookedAtPanel(detail) {
  const skipped = detail.series.filter((series) => series.excluded_because);
  const declined = detail.jobs.filter((job) => job.state === 'not_analysed' || job.state === 'failed');
  const lines = [
    ...declined.map((job) => [bdi(job.pipeline), ': ', bdi(job.reason || AI_WORDS[job.state])]),
    ...skipped.map((series) => [bdi(series.modality), ' series ', bdi(series.description || 'without description'),
      ` (${plural(series.instances, 'image')}): `, bdi(series.excluded_because)]),
  ];
  return panel('What AI did not look at', lines.length ? el('ul', { class: 'notes' }, lines.map((line) => el('li', {}, line)))
    : el('p', { class: 'sub' }, 'Every series of this study was considered. Anything a pipeline above does not name was not looked for.'));
}

function seriesPanel(series) {
  return panel('Series', series.length === 0 ? el('p', { class: 'sub' }, 'No series yet.') : el('div', { class: 'wide' }, el('table', { class: 'plain' },
    el('thead', {}, el('tr', {}, el('th', {}, 'Modality'), el('th', {}, 'Description'), el('th', { class: 'num' }, 'Images'), el('th', {}, 'Analysis'))),
    el('tbody', {}, series.map((one) => el('tr', { title: one.uid }, el('td', {}, bdi(one.modality)), el('td', {}, bdi(one.description)),
      el('td', { class: 'num' }, one.instances.toLocaleString('en-GB')),
      el('td', {}, one.excluded_because ? stateMark('not_applicable', 'not used') : stateMark('done', 'used'))))))));
}

function deliveriesPanel(deliveries) {
  return panel('Results sent', deliveries.length === 0 ? el('p', { class: 'sub' }, 'Nothing has been made to send yet.')
    : el('ul', { class: 'deliveries' }, deliveries.map((one) => el('li', {},
      el('div', {}, stateMark(one.state, SEND_WORDS[one.state]), one.delivered_at ? timeEl(one.delivered_at) : null),
      el('div', {}, `${KIND_WORDS[one.kind] ?? one.kind} to `, bdi(one.destination)),
      one.state !== 'delivered' && one.last_error ? el('div', { class: 'sub' }, `After ${plural(one.attempts, 'attempt')}: `, bdi(one.last_error)) : null))));
}

function historyPanel(history) {
  return panel('History', history.length === 0 ? el('p', { class: 'sub' }, 'Nothing recorded yet.')
    : el('ol', { class: 'history' }, history.map((event) => el('li', {}, timeEl(event.at), el('span', {}, bdi(event.what))))));
}

function studyPanel(entry) {
  return panel('Study', facts(['Accession', entry.accession_number], ['Order', [entry.placer_order_number, entry.filler_order_number].filter(Boolean).join(' / ')],
    ['Order says', entry.order_note], ['Patient at', entry.patient_location], ['Modality', entry.modality], ['Body part', entry.body_part],
    ['Institution', entry.institution], ['Referring', personName(entry.referring_physician)],
    ['Images', `${entry.instances.toLocaleString('en-GB')} in ${entry.series.toLocaleString('en-GB')} series`],
    ['First image', timeEl(entry.arrived_at)], ['Last image', entry.last_image_at ? timeEl(entry.last_image_at) : ''],
    ['Place on the list', entry.reading_finished_at ? `Reported ${fullTime(entry.reading_finished_at)} (${entry.reading_finished_by})`
      : entry.reading_started_at ? `Reading started ${fullTime(entry.reading_started_at)}${entry.reading_by ? ` by ${entry.reading_by}` : ''}`
      : entry.position_reason],
    ['Complete', entry.complete_reason], ['Routing rule', entry.rule], ['Revision', String(entry.revision)],
    ['Study UID', entry.study_uid, true]));
}

function show(detail) {
  const entry = detail.entry;
  document.title = `Study ${entry.id} · Inferad`;  // tab titles are seen by others: no name
  const kept = document.activeElement?.dataset?.keep;
  const open = new Set([...document.querySelectorAll('details')].map((one, i) => (one.open ? i : -1)));
  byId('study').replaceChildren(heading(entry), el('div', { class: 'columns' },
    el('div', {}, analysisPanel(detail), notLookedAtPanel(detail), seriesPanel(detail.series)),
    el('aside', {}, acknowledgePanel(entry), priorityPanel(entry, detail.targets_minutes), deliveriesPanel(detail.deliveries), studyPanel(entry), historyPanel(detail.history))));
  [...document.querySelectorAll('details')].forEach((one, i) => { one.open = open.has(i); });
  if (kept) document.querySelector(`[data-keep="${CSS.escape(kept)}"]`)?.focus({ preventScroll: true });
}

function showProblem(error) {
  if (byId('study').querySelector('h1') && error.status !== 404) return;  // keep what is there; the banner says since when
  const missing = error.status === 404;
  byId('study').replaceChildren(el('div', { class: 'empty' }, icon(missing ? 'info' : 'failed'),
    el('h1', {}, missing ? 'There is no such study' : 'The study cannot be shown'),
    el('p', {}, missing ? `Nothing is known about study ${id}. It may have been removed.` : error.message),
    el('p', {}, missing ? 'Go back to the reading list and choose a study there.' : 'Read from your usual list until this page answers again.')));
}

let viewerUrl = null;  // of the site's viewer; null: not asked yet
async function takeViewer() {
  if (viewerUrl === null) viewerUrl = (await api('status').catch(() => ({ viewer_url: null }))).viewer_url;
}

let shown = '';
async function refresh(again = false) {
  try {
    const [detail, { feedback }] = await Promise.all([api(`studies/${id}`), api(`studies/${id}/feedback`)]);
    const same = JSON.stringify([{ ...detail, generated_at: '' }, feedback]);
    takeFeedback(feedback);
    await Promise.all([takePictures(id, detail.jobs), takeCards(detail.jobs.map((job) => job.pipeline)), takeViewer()]);
    if (same !== shown || again) show(detail);
    shown = same;
  } catch (error) {
    showProblem(error);
    if (error.status !== 404) throw error;
  }
}

byId('back').prepend(icon('back'));
startPage([...FEEDBACK_KEYS, ['o', 'what AI marked: on, off'], ['Esc', 'back to the reading list']], (event, typing) => {
  if (feedbackKey(event, typing)) return;
  if (event.key === 'o' && !typing) toggleMarks();
  if (event.key === 'Escape') location.assign('/');
});
startFeedback(id, (again) => refresh(again).catch(() => {}));
follow(() => refresh(), (data) => !data.study || data.study === id);
