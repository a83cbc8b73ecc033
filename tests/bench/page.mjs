// SPDX-License-Identifier: Apache-2.0
// The reading list with 5,000 studies of a real ledger in headless Chromium: first view, what an update costs, frames.
// script/bench page runs it; the environment is that of tests/browser/site.mjs, and DEMO_ARGS: FOLDER and STUDIES.
import { Stage, close, eventually } from '../browser/site.mjs';

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const say = (what, value, unit) => console.log(`  ${what.padEnd(46)} ${value.toFixed(value < 10 ? 1 : 0).padStart(7)} ${unit}`);

// Notes in the page when rows were drawn and when the list was asked for and answered.
const watch = () => {
  window.drawn = [];
  new MutationObserver(() => requestAnimationFrame(() => window.drawn.push(performance.now())))
    .observe(document, { subtree: true, childList: true });
};
const answers = (page) => page.evaluate(() => performance.getEntriesByType('resource').filter((one) => one.name.includes('/api/v1/worklist'))
  .map(({ startTime, responseEnd, encodedBodySize }) => ({ startTime, responseEnd, bytes: encodedBodySize })));

async function visit(stage) {
  const page = await stage.visit('/', { before: watch });
  await eventually('the list', () => page.$('tr[data-id]'));
  return page;
}

async function firstView(stage) {
  const times = [];
  for (let i = 0; i < 3; i += 1) {
    const page = await visit(stage);
    const [{ responseEnd, bytes }] = await answers(page);
    const seen = await page.evaluate(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const rows = document.querySelector('tr[data-id]');
      return rows && window.drawn.find((at) => at > performance.getEntriesByType('resource').find((one) => one.name.includes('/api/v1/worklist')).responseEnd);
    });
    times.push({ seen, responseEnd, bytes });
    await close(page);
  }
  say('first view, from navigation', median(times.map((one) => one.seen)), 'ms');
  say('  of it until the answer was there', median(times.map((one) => one.responseEnd)), 'ms');
  say('  the answer', median(times.map((one) => one.bytes)) / 1e3, 'kB');
}

// `pages` look at the list; the row that changes is in view.
async function updates(stage, verb, pages) {
  const open = [];
  for (let i = 0; i < pages; i += 1) open.push(await visit(stage));
  const [page] = open;
  const times = [];
  for (let i = 0; i < 5; i += 1) {
    await page.evaluate(async (id) => {
      const { entries } = await (await fetch('/api/v1/worklist')).json();
      document.getElementById('scroller').scrollTop = entries.findIndex((entry) => entry.id === id) * 48;
    }, 2500);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = (await answers(page)).length;
    const cpu = Number(await stage.site.tell('cpu'));
    const asked = Date.now();
    await stage.site.tell(verb);
    await eventually('the answer', async () => (await answers(page)).length > before);
    await new Promise((resolve) => setTimeout(resolve, 700));
    const [answer] = (await answers(page)).slice(before);
    const { origin, drawn } = await page.evaluate((after) => ({ origin: performance.timeOrigin, drawn: window.drawn.find((at) => at > after) }), answer.responseEnd);
    times.push({ cpu: Number(await stage.site.tell('cpu')) - cpu, bytes: answer.bytes, answered: answer.responseEnd - answer.startTime,
      drawn: drawn - answer.responseEnd, all: origin + drawn - asked });
  }
  console.log(`  ${verb}, ${pages} page${pages > 1 ? 's' : ''} open`);
  say('  the answer', median(times.map((one) => one.bytes)) / 1e3, 'kB');
  say('  asked until answered', median(times.map((one) => one.answered)), 'ms');
  say('  answered until drawn', median(times.map((one) => one.drawn)), 'ms');
  say('  from the change until drawn', median(times.map((one) => one.all)), 'ms');
  say('  processor time of the node, change included', median(times.map((one) => one.cpu)), 'ms');
  for (const one of open) await close(one);
}

async function frames(stage) {
  const page = await visit(stage);
  const session = await page.createCDPSession();
  const busy = async () => Object.fromEntries((await session.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value])).TaskDuration * 1e3;
  await session.send('Performance.enable');
  const before = await busy();
  const { gaps, long } = await page.evaluate(async () => {
    const scroller = document.getElementById('scroller');
    const gaps = [];
    const long = [];
    new PerformanceObserver((list) => long.push(...list.getEntries().map((one) => one.duration))).observe({ type: 'longtask' });
    let last = performance.now();
    for (let i = 0; i < 120; i += 1) {
      scroller.scrollTop += 400;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      gaps.push(performance.now() - last);
      last = performance.now();
    }
    return { gaps, long };
  });
  gaps.sort((a, b) => a - b);
  console.log('  scrolling 400 px a frame, 120 frames');
  say('  frame, median', median(gaps), 'ms');
  say('  frame, 95th percentile', gaps[Math.floor(gaps.length * 0.95)], 'ms');
  say('  tasks over 50 ms', long.length, '');
  say('  work of the page a frame', (await busy() - before) / 120, 'ms');
  await close(page);
}

const stage = await Stage.open();
try {
  await stage.site.tell('times');
  await firstView(stage);
  await updates(stage, 'image', 1);
  await updates(stage, 'stat', 1);
  await updates(stage, 'image', 4);
  await frames(stage);
} finally {
  await stage.close();
}
