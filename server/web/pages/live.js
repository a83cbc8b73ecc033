// SPDX-License-Identifier: Apache-2.0
// Keeps a page true: follows the node's events, asks again when something changed, asks every half minute anyway, and
// says since when the page is out of date when the node does not answer.
import { byId, el, fullTime, shortTime } from './common.js';
import { icon } from './icons.js';

const CALM_MS = 700;        // at most one question in this time, however many events
const POLL_MS = 30_000;
const RETRY_MS = 3_000;
const SILENCE_MS = 45_000;  // three heartbeats

// refresh(): asks the API and shows the answer; throws when there is none. wants(data): is this event about us?
export function follow(refresh, wants = () => true) {
  let source = null;
  let heardAt = Date.now();
  let goodAt = null;
  let timer = null;
  let askedAt = 0;
  let asking = false;
  let again = false;

  const show = (failure) => {
    const live = byId('live');
    const stale = byId('stale');
    live.classList.toggle('off', failure !== null);
    live.title = goodAt ? `Last read ${fullTime(goodAt)}` : '';
    live.replaceChildren(el('span', { class: 'dot' }), failure === null ? 'Live' : 'Not live');
    stale.hidden = failure === null;
    document.body.classList.toggle('is-stale', failure !== null && goodAt !== null);
    if (failure === null) return;
    const since = goodAt ? `Not updating since ${shortTime(goodAt)} (${fullTime(goodAt)}). ` : 'Nothing could be read yet. ';
    stale.replaceChildren(icon('failed'), since + failure.message + ' Trying again every few seconds.' +
      (goodAt ? ' What you see may be out of date.' : ''));
  };

  const plan = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(ask, ms);
  };

  async function ask() {
    if (asking) { again = true; return; }
    asking = true;
    again = false;
    askedAt = Date.now();
    let failure = null;
    try {
      await refresh();
      goodAt = new Date().toISOString();
    } catch (error) {
      if (error.status === undefined) console.error(error);
      failure = error;
    }
    asking = false;
    show(failure);
    plan(again ? CALM_MS : failure ? RETRY_MS : POLL_MS);
  }

  const soon = () => {
    if (asking) { again = true; return; }
    plan(Math.max(0, askedAt + CALM_MS - Date.now()));
  };

  const heard = () => { heardAt = Date.now(); };

  function open() {
    source?.close();
    heard();
    source = new EventSource('/api/v1/events');
    source.addEventListener('hello', () => { heard(); soon(); });
    source.addEventListener('heartbeat', heard);
    source.addEventListener('changed', (event) => {
      heard();
      let data = {};
      try { data = JSON.parse(event.data); } catch { /* unknown: ask */ }
      if (wants(data)) soon();
    });
  }

  // A browser keeps six connections to one site: tabs nobody sees give theirs back.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) { source?.close(); source = null; } else { open(); soon(); }
  });
  setInterval(() => {
    if (document.hidden) return;
    if (source === null || source.readyState === EventSource.CLOSED || Date.now() - heardAt > SILENCE_MS) open();
  }, 5_000);

  open();
  ask();
  return { soon };
}
