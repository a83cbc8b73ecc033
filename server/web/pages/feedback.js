// SPDX-License-Identifier: Apache-2.0
// Agree, disagree or comment on a finding, or on a result as a whole: one click or key. The latest word of each reader
// counts; earlier ones stay and are shown on request.
import { api, bdi, byId, el, plural, timeEl } from './common.js';
import { icon } from './icons.js';
import { readerName, rememberReader } from './reader.js';

const SAID = { agree: 'agrees', disagree: 'disagrees', none: 'has no opinion' };
const WORDS = { agree: 'Agree', disagree: 'Disagree' };

const state = {
  study: 0, all: [], refresh: () => {}, current: '',
  failures: new Map(),  // target → why the last word was not kept
};
const targetOf = (job, finding) => `${job}:${finding}`;
const isCurrent = (one) => one.superseded_by === null;
const about = (target) => state.all.filter((one) => targetOf(one.job_id, one.finding) === target);
const mine = (target) => about(target).findLast((one) => isCurrent(one) && one.reader === readerName()) ?? null;

// refresh(): asks the node again and shows the answer.
export function startFeedback(study, refresh) {
  state.study = study;
  state.refresh = refresh;
  document.body.append(dialog);
}
export const takeFeedback = (all) => { state.all = all; };

// ---- acts ------------------------------------------------------------------------------------------------------------

async function say(target, opinion, comment) {
  const [job, ...finding] = target.split(':');
  try {
    await api(`studies/${state.study}/feedback`, 'POST',
      { job: Number(job), finding: finding.join(':'), opinion, reader: readerName(), comment });
    state.failures.delete(target);
  } catch (error) {
    state.failures.set(target, error.message);
  }
  await state.refresh(true);
}

// The button that is pressed already takes the opinion back.
function judge(target, opinion) {
  state.current = target;
  if (readerName() === '') return ask(target, opinion);
  const before = mine(target);
  return say(target, before?.opinion === opinion ? 'none' : opinion, before?.comment ?? '');
}

// ---- the dialog for a name and a comment -----------------------------------------------------------------------------

const choices = ['agree', 'disagree', 'none'].map((value) => el('label', {},
  el('input', { type: 'radio', name: 'opinion', value }), WORDS[value] ?? 'No opinion'));
const nameInput = el('input', { id: 'feedback-reader', maxlength: 24, required: true, autocomplete: 'off', spellcheck: 'false' });
const commentInput = el('textarea', { id: 'feedback-comment', maxlength: 600, rows: 4 });
const title = el('h2', { id: 'feedback-title' });
const form = el('form', { method: 'dialog' }, title,
  el('fieldset', { class: 'choices' }, el('legend', { class: 'unseen' }, 'Opinion'), choices),
  el('label', { for: 'feedback-comment' }, 'Comment'), commentInput,
  el('p', { class: 'sub' }, 'No names of patients, please.'),
  el('label', { for: 'feedback-reader' }, 'Your name or initials'), nameInput,
  el('div', { class: 'acts' }, el('button', { type: 'button', onclick: () => dialog.close('cancel') }, 'Cancel'), el('button', { value: 'save', class: 'primary' }, 'Save')));
const dialog = el('dialog', { id: 'feedback-dialog', 'aria-labelledby': 'feedback-title' }, form);

function ask(target, opinion) {
  state.current = target;
  const before = mine(target);
  title.textContent = opinion ? `${WORDS[opinion]}: who are you?` : `Comment on ${labelOf(target)}`;
  form.elements.opinion.value = opinion ?? before?.opinion ?? 'none';
  commentInput.value = before?.comment ?? '';
  nameInput.value = readerName();
  dialog.returnValue = 'cancel';
  dialog.showModal();
  (readerName() === '' ? nameInput : commentInput).focus();
}

dialog.addEventListener('close', () => {
  const target = state.current;
  if (dialog.returnValue === 'save') {
    rememberReader(nameInput.value);
    say(target, form.elements.opinion.value, commentInput.value.trim()).then(() => focusOn(target));
  }
});
// Ctrl+Enter saves from the comment, too.
commentInput.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit(form.querySelector('[value=save]'));
});

// ---- what is shown ---------------------------------------------------------------------------------------------------

const labelOf = (target) => document.querySelector(`[data-target="${CSS.escape(target)}"]`)?.dataset.label ?? 'the result';

function voice(one) {
  return el('li', { class: `voice voice-${one.opinion}` }, icon(one.opinion === 'agree' ? 'done' : one.opinion === 'disagree' ? 'disagree' : 'comment'),
    el('span', {}, el('strong', {}, bdi(one.reader)), ' ', one.opinion === 'none' && one.comment ? 'commented' : SAID[one.opinion],
      one.comment ? [': ', bdi(one.comment)] : '', ' · ', timeEl(one.at)));
}

// The buttons and voices for one finding of a job; `label` says what it is about.
export function feedbackBar(job, finding, label) {
  const target = targetOf(job.id, finding);
  const own = mine(target);
  const button = (opinion) => el('button', { type: 'button', class: 'small verdict-button', 'aria-pressed': String(own?.opinion === opinion),
    'aria-label': `${WORDS[opinion]}: ${label}`, 'data-keep': `${opinion} ${target}`, onclick: () => judge(target, opinion),
    title: own?.opinion === opinion ? 'Press again to take it back' : `${WORDS[opinion]} (${opinion[0]})` },
  icon(opinion === 'agree' ? 'done' : 'disagree'), WORDS[opinion]);
  const comment = el('button', { type: 'button', class: 'small verdict-button', 'aria-label': `Comment: ${label}`, title: 'Comment (c)',
    'data-keep': `comment ${target}`, onclick: () => ask(target) }, icon('comment'), 'Comment');
  const voices = about(target).filter((one) => isCurrent(one) && (one.opinion !== 'none' || one.comment));
  const failure = state.failures.get(target);
  return el('div', { class: 'feedback' }, el('div', { class: 'judge' }, button('agree'), button('disagree'), comment),
    failure ? el('p', { class: 'failure', role: 'alert' }, `Not kept: ${failure}`) : null,
    voices.length ? el('ul', { class: 'voices' }, voices.map(voice)) : null);
}

// Attributes of the element that j and k move to, and a, d and c act on.
export const targetAttributes = (job, finding, label) =>
  ({ tabindex: '-1', 'data-target': targetOf(job.id, finding), 'data-label': label, 'data-keep': `target ${targetOf(job.id, finding)}` });

export function feedbackHistory() {
  const earlier = state.all.filter((one) => !isCurrent(one));
  if (earlier.length === 0) return null;
  return el('details', { class: 'earlier' }, el('summary', {}, plural(earlier.length, 'earlier word', 'earlier words'), ' of readers'),
    el('ul', { class: 'voices' }, earlier.map((one) => el('li', {}, el('span', { class: 'sub' }, bdi(one.label || 'The result'), ` (${one.pipeline} ${one.pipeline_version})`),
      el('ul', {}, voice(one))))));
}

export function readerLine() {
  const name = readerName();
  return el('p', { class: 'who' }, name ? ['You are ', el('strong', {}, bdi(name))] : 'You have not said who you are', ' · ',
    el('button', { type: 'button', class: 'link', 'data-keep': 'reader', onclick: changeReader }, name ? 'change' : 'say'));
}

function changeReader() {
  const input = el('input', { id: 'reader', maxlength: 24, value: readerName(), 'aria-label': 'Your name or initials', autocomplete: 'off' });
  const keep = () => { rememberReader(input.value); state.refresh(true); };
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') input.blur();
    if (event.key === 'Escape') { input.value = readerName(); input.blur(); }
    event.stopPropagation();
  });
  input.addEventListener('blur', keep, { once: true });
  byId('main').querySelector('.who').replaceChildren(input);
  input.select();
}

// ---- keys ------------------------------------------------------------------------------------------------------------

const targets = () => [...document.querySelectorAll('[data-target]')];
const focusOn = (target) => document.querySelector(`[data-target="${CSS.escape(target)}"]`)?.focus();

function currentTarget() {
  const focused = document.activeElement?.closest('[data-target]');
  const all = targets();
  return focused ?? all.find((one) => one.dataset.target === state.current) ?? all[0] ?? null;
}

export const FEEDBACK_KEYS = [['j k', 'next finding, finding before'], ['a d', 'agree, disagree with it'], ['c', 'comment on it']];

// True: the key was one of ours.
export function feedbackKey(event, typing) {
  if (typing || dialog.open) return dialog.open;
  const target = currentTarget();
  if (!target) return false;
  const step = { j: 1, k: -1 }[event.key];
  if (step) {
    const all = targets();
    const inside = document.activeElement?.closest('[data-target]') !== null;
    const next = all[Math.min(all.length - 1, Math.max(0, all.indexOf(target) + (inside ? step : 0)))];
    state.current = next.dataset.target;
    next.focus();
  } else if (event.key === 'a' || event.key === 'd') {
    judge(target.dataset.target, event.key === 'a' ? 'agree' : 'disagree');
    event.preventDefault();  // the key is no first letter of a name
  } else if (event.key === 'c') {
    event.preventDefault();
    ask(target.dataset.target);
  } else {
    return false;
  }
  return true;
}
