// SPDX-License-Identifier: Apache-2.0
// Operations: is anything stuck, and where?
import { AI_WORDS, api, bdi, byId, bytesText, el, minutesText, plural, showIn, startPage, stateMark, timeEl } from './common.js';
import { icon } from './icons.js';
import { follow } from './live.js';

const SEND_WORDS = { waiting: 'Waiting to be sent', sending: 'Being sent', delivered: 'Sent', parked: 'Could not be sent' };
const ROWS_MAX = 200;
const LATE_MINUTES = 15;     // a result that waits longer deserves a look
const LOW_DISK = 0.1;

const notices = new Map();   // "jobs/17" → what a retry said, until the next answer shows its effect
const minutesSince = (iso) => (iso ? (Date.now() - Date.parse(iso)) / 60_000 : 0);

// ---- the one sentence ------------------------------------------------------------------------------------------------

function problems(status, models, peers) {
  const list = [];
  if (!status.ready) list.push(`The node does not accept studies: ${status.not_ready_because || 'it is not ready'}.`);
  if (status.failed > 0) list.push(`${plural(status.failed, 'analysis', 'analyses')} failed.`);
  if (status.parked > 0) list.push(`${plural(status.parked, 'result')} could not be sent.`);
  const late = minutesSince(status.oldest_waiting_at);
  if (late > LATE_MINUTES) list.push(`A result has been waiting to be sent for ${minutesText(late)}.`);
  for (const model of models.filter((one) => one.state === 'refused')) list.push(`Pipeline ${model.pipeline} cannot be used: ${model.reason}.`);
  if (status.workers > 0 && status.workers_ready === 0 && status.ready) list.push('No worker is ready: nothing is analysed at the moment.');
  if (status.disk_total_bytes > 0 && status.disk_free_bytes / status.disk_total_bytes < LOW_DISK) {
    list.push(`The disk is nearly full: ${bytesText(status.disk_free_bytes)} free.`);
  }
  for (const peer of peers.filter((one) => one.last_failure_at && !(one.last_success_at > one.last_failure_at) && one.waiting > 0)) {
    list.push(`${peer.name} does not take results: ${peer.last_error || 'no answer'}.`);
  }
  return list;
}

function verdict(list) {
  return list.length === 0
    ? el('div', { class: 'verdict fine' }, icon('done'), el('p', {}, el('strong', {}, 'Nothing is stuck.'), ' Studies flow and results are sent.'))
    : el('div', { class: 'verdict stuck' }, icon('failed'), el('div', {}, el('strong', {}, list.length === 1 ? 'One thing needs you' : `${list.length} things need you`),
      el('ul', {}, list.map((text) => el('li', {}, bdi(text))))));
}

function flowStrip(status) {
  const tile = (count, word, name, bad) => el('div', { class: bad && count > 0 ? 'tile bad' : count > 0 ? 'tile' : 'tile zero' },
    el('span', { class: 'big' }, count.toLocaleString('en-GB')), el('span', { class: 'word' }, icon(name), word));
  return el('div', { class: 'flow' },
    tile(status.receiving, 'Receiving images', 'receiving'), tile(status.pending, 'Waiting for analysis', 'pending'),
    tile(status.running, 'Analysing', 'running'), tile(status.waiting + status.sending, 'Waiting to be sent', 'sending'),
    tile(status.failed, 'Analysis failed', 'failed', true), tile(status.parked, 'Could not be sent', 'parked', true));
}

// ---- tables ----------------------------------------------------------------------------------------------------------

// columns: [[title, class, row → cell content], …]
function table(columns, rows, empty) {
  if (rows.length === 0) return el('p', { class: 'sub' }, empty);
  return el('div', { class: 'wide' }, el('table', { class: 'plain' },
    el('thead', {}, el('tr', {}, columns.map(([title, name]) => el('th', { class: name, scope: 'col' }, title)))),
    el('tbody', {}, rows.slice(0, ROWS_MAX).map((row) => el('tr', {}, columns.map(([, name, cell]) => el('td', { class: name }, cell(row)))))),
    rows.length > ROWS_MAX ? el('caption', {}, `The first ${ROWS_MAX} of ${rows.length.toLocaleString('en-GB')}`) : null));
}

const panel = (title, note, ...content) => el('section', { class: 'panel' }, el('h2', {}, title, note ? el('span', { class: 'sub' }, note) : null), ...content);
const studyLink = (row) => el('a', { href: `/study/${row.study_id}` }, `Study ${row.study_id}`);

async function retry(path, button) {
  button.disabled = true;
  try {
    await api(`${path}/retry`, 'POST');
    notices.set(path, 'Queued again');
  } catch (error) {
    notices.set(path, `Not queued: ${error.message}`);
  }
  page.soon();
  button.replaceWith(el('span', { class: 'sub' }, notices.get(path)));
}

function retryCell(path, effect) {
  if (notices.has(path)) return el('span', { class: 'sub' }, notices.get(path));
  const button = el('button', { type: 'button', class: 'small', title: effect, 'data-retry': path }, 'Retry');
  button.addEventListener('click', () => retry(path, button));
  return button;
}

const ERROR = ['What happened', 'c-text', (row) => bdi(row.last_error ?? row.reason)];

function attentionPanel(jobs, deliveries) {
  const failed = jobs.filter((job) => job.state === 'failed').map((job) => ({ ...job, path: `jobs/${job.id}`, what: job.pipeline, state_mark: stateMark('failed'),
    effect: `Runs ${job.pipeline} on study ${job.study_id} again`, when: job.finished_at ?? job.created_at }));
  const parked = deliveries.filter((one) => one.state === 'parked').map((one) => ({ ...one, path: `outbox/${one.id}`, what: `${one.kind} to ${one.destination}`,
    state_mark: stateMark('parked', SEND_WORDS.parked), effect: `Sends the ${one.kind} of study ${one.study_id} to ${one.destination} again`, when: one.created_at }));
  const rows = [...failed, ...parked];
  if (rows.length === 0) return null;
  return panel('Needs you', 'Retry is safe: the same objects are sent under the same identity', table([
    ['State', 'c-state', (row) => row.state_mark], ['What', '', (row) => bdi(row.what)], ['Study', '', studyLink], ERROR,
    ['Attempts', 'num', (row) => row.attempts], ['Since', '', (row) => (row.when ? timeEl(row.when) : '')], ['', 'c-act', (row) => retryCell(row.path, row.effect)]], rows, ''));
}

function outboxPanel(deliveries) {
  return panel('Results on their way', null, table([
    ['State', 'c-state', (row) => stateMark(row.state, SEND_WORDS[row.state])], ['What', '', (row) => bdi(`${row.kind} to ${row.destination}`)], ['Study', '', studyLink],
    ['Made', '', (row) => (row.created_at ? timeEl(row.created_at) : '')], ['Attempts', 'num', (row) => row.attempts],
    ['Next attempt', '', (row) => (row.next_attempt_at ? timeEl(row.next_attempt_at) : '')], ERROR],
  deliveries.filter((one) => one.state === 'waiting' || one.state === 'sending'), 'Nothing waits to be sent.'));
}

function jobsPanel(jobs) {
  const duration = (job) => (job.started_at && job.finished_at ? `${((Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000).toFixed(1)} s` : '');
  const word = (job) => (job.state === 'running' ? `${AI_WORDS.running} ${Math.round(job.progress * 100)} %${job.stage ? `, ${job.stage}` : ''}` : undefined);
  return panel('Analyses', 'newest first', table([
    ['State', 'c-state', (row) => stateMark(row.state, word(row))], ['Pipeline', '', (row) => bdi(`${row.pipeline} ${row.pipeline_version}`)], ['Study', '', studyLink],
    ['Revision', 'num', (row) => row.revision], ['Attempts', 'num', (row) => row.attempts], ['Queued', '', (row) => (row.created_at ? timeEl(row.created_at) : '')],
    ['Took', 'num', duration], ['Remark', 'c-text', (row) => bdi(row.reason)]],
  jobs.filter((job) => job.state !== 'failed').sort((a, b) => b.id - a.id), 'No study has been analysed yet. The first one appears here when its images are complete.'));
}

function peersPanel(peers) {
  const state = (peer) => {
    if (peer.parked > 0) return stateMark('parked', 'results could not be sent');
    if (!peer.last_success_at && !peer.last_failure_at) return stateMark('waiting', 'no contact yet');
    return peer.last_failure_at && !(peer.last_success_at > peer.last_failure_at) ? stateMark('failed', 'last contact failed') : stateMark('done', 'answers');
  };
  return panel('Peers', 'from the configuration', table([
    ['Name', '', (row) => bdi(row.name)], ['Role', '', (row) => row.role], ['Address', 'mono', (row) => bdi(row.address)], ['State', 'c-state', state],
    ['Waiting', 'num', (row) => row.waiting], ['Last success', '', (row) => (row.last_success_at ? timeEl(row.last_success_at) : '')], ERROR],
  peers, 'No peer is configured: results stay on this node. Add one to the configuration.'));
}

function rulesPanel(rules) {
  return panel('Routing rules', 'in the order they are tried', table([
    ['Name', '', (row) => bdi(row.name)], ['When', 'c-text', (row) => bdi(row.when)], ['Then', 'c-text', (row) => bdi(row.then)],
    ['Studies', 'num', (row) => row.studies.toLocaleString('en-GB')]], rules, 'No rule is configured: no study is analysed.'));
}

function modelsPanel(models) {
  const mark = { ready: 'done', loading: 'running', refused: 'failed' };
  return panel('Models', null, table([
    ['State', 'c-state', (row) => stateMark(mark[row.state] ?? 'pending', row.state.replace('_', ' '))], ['Pipeline', '', (row) => bdi(`${row.pipeline} ${row.pipeline_version}`)],
    ['Model', '', (row) => bdi(row.model)], ['SHA-256', 'mono', (row) => el('span', { title: row.sha256 }, row.sha256.slice(0, 16))], ['Remark', 'c-text', (row) => bdi(row.reason)]],
  models, 'No model is installed: every study ends as not analysed.'));
}

function nodePanel(status) {
  const line = (name, value) => [el('dt', {}, name), el('dd', {}, value)];
  return panel('Node', null, el('dl', { class: 'facts' }, line('AE title', bdi(status.ae_title)), line('Version', status.version), line('Started', timeEl(status.started_at)),
    line('Accepts studies', status.ready ? 'yes' : `no: ${status.not_ready_because}`),
    line('Workers ready', `${status.workers_ready} of ${status.workers}${!status.inference_ready && status.not_ready_because && status.ready ? `: ${status.not_ready_because}` : ''}`),
    line('Disk free', `${bytesText(status.disk_free_bytes)} of ${bytesText(status.disk_total_bytes)}`)));
}

// ---- from the node ---------------------------------------------------------------------------------------------------

async function refresh() {
  const [status, { jobs }, { deliveries }, { peers }, { rules }, { models }] =
    await Promise.all(['status', 'jobs', 'outbox', 'peers', 'rules', 'models'].map((path) => api(path)));
  for (const path of notices.keys()) {
    const [kind, id] = path.split('/');
    const row = (kind === 'jobs' ? jobs : deliveries).find((one) => one.id === Number(id));
    if (row?.state !== 'failed' && row?.state !== 'parked') notices.delete(path);
  }
  showIn(byId('operations'), [verdict(problems(status, models, peers)), flowStrip(status), attentionPanel(jobs, deliveries), outboxPanel(deliveries),
    jobsPanel(jobs), peersPanel(peers), rulesPanel(rules), el('div', { class: 'pair' }, modelsPanel(models), nodePanel(status))]
    .filter(Boolean));
}

startPage([['Esc', 'back to the reading list']], (event, typing) => {
  if (event.key === 'Escape' && !typing) location.assign('/');
});
const page = follow(refresh);
