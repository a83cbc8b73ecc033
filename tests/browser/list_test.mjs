// SPDX-License-Identifier: Apache-2.0
// The reading list in a real browser: what is on it, how it stays true, how it is used without a mouse.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Stage, close, eventually, picture, texts } from './site.mjs';

describe('reading list', { timeout: 400_000 }, () => {
  let stage;
  before(async () => { stage = await Stage.open(); });
  after(async () => { await stage.close(); });

  const list = async (scene, options) => {
    await stage.site.tell(`scene ${scene}`);
    const page = await stage.visit('/', options);
    await eventually('the first answer', () => page.$eval('#count', (count) => count.innerText !== ''));
    return page;
  };
  const ids = (page) => page.$$eval('tr[data-id]', (rows) => rows.map((row) => Number(row.dataset.id)));
  const names = (page) => texts(page, '.c-patient .name');
  const selected = (page) => page.$$eval('tr.selected', (rows) => rows.map((row) => Number(row.dataset.id)));
  const placeOf = (page, id) => page.$eval(`#row-${id}`, (row) => Math.round(row.getBoundingClientRect().top));

  test('the order is that of the node; level, original priority, reason and waiting time are in view', async () => {
    const page = await list('normal');
    const told = await page.evaluate(() => fetch('/api/v1/worklist').then((answer) => answer.json()));
    const shown = await ids(page);
    assert.ok(shown.length >= 12);
    assert.deepEqual(shown, told.entries.slice(0, shown.length).map((entry) => entry.id));
    const [first] = await texts(page, 'tr[data-id]');
    for (const part of ['STAT', 'raised by AI', 'ROUTINE', '4 min', 'read at once', 'Okafor, Ngozi', 'MRN-204518', 'CT chest',
      'Pulmonary emphysema: LAA-950 31.2 % (threshold 25 %)', 'Analysed', 'ct-lung-density 1.0.0', 'model 5f1d6b0c']) {
      assert.ok(first.includes(part), `"${part}" in "${first}"`);
    }
    assert.match(first, /CT · ED 12 1 · (24 Nov, 08:30|2026-11-24 08:30) · 312 images/);
    assert.equal(await page.$eval('.bar nav a[aria-current]', (link) => link.textContent), 'Reading list');
    assert.deepEqual(await texts(page, '.assist'), ['Assists; not for primary diagnosis']);
    assert.ok(await page.$eval('.assist', (one) => one.getBoundingClientRect().bottom < innerHeight));
    await close(page);
  });

  test('every state of the analysis has its own words', async () => {
    const page = await list('normal', { height: 1400 });
    const cells = (await texts(page, '.c-ai')).join('\n');
    for (const word of ['Receiving images', 'Waiting for analysis', 'Analysing 35 %', 'Analysed', 'Not analysed Slice distance 7.5 mm',
      'Not applicable No model is installed', 'Analysis failed The analysis ended']) {
      assert.ok(cells.includes(word), `"${word}" in ${cells}`);
    }
    await close(page);
  });

  test('a raised study is marked without a reload', async () => {
    const page = await list('normal');
    await page.evaluate(() => { window.untouched = true; });
    const id = (await ids(page)).at(-1);
    await stage.site.tell(`raise ${id}`);
    await eventually('the study to be STAT', () => page.evaluate((row) => document.getElementById(row)?.dataset.level === 'STAT', `row-${id}`));
    assert.ok((await ids(page)).indexOf(id) < 6);
    assert.ok(await page.evaluate(() => window.untouched));
    await close(page);
  });

  test('a new study does not move the selected row until the reader pauses or asks', async () => {
    const page = await list('normal');
    for (let i = 0; i < 3; i += 1) await page.keyboard.press('j');
    const [id] = await selected(page);
    const place = await placeOf(page, id);
    const before = await ids(page);
    await stage.site.tell('stat');
    await eventually('the announcement', () => page.$eval('#news', (news) => !news.hidden && news.innerText.includes('1 new, 1 STAT')));
    assert.equal(await placeOf(page, id), place);
    assert.deepEqual(await ids(page), before);
    assert.equal(await page.$eval('#announce', (one) => one.textContent), '1 new, 1 STAT');
    await picture(page, 'list-news');
    await page.keyboard.press('u');
    assert.equal((await names(page))[0], 'Newcomer, Urgent');
    assert.deepEqual(await selected(page), [id]);
    assert.ok(await page.$eval('#news', (news) => news.hidden));
    await close(page);
  });

  test('a new study does not move the row under the pointer', async () => {
    const page = await list('normal');
    const [, , third] = await ids(page);
    await page.hover(`#row-${third} .c-study`);
    const place = await placeOf(page, third);
    await stage.site.tell('stat');
    await eventually('the announcement', () => page.$eval('#news', (news) => !news.hidden));
    assert.equal(await placeOf(page, third), place);
    await page.mouse.move(10, 10);
    await eventually('the new study on top', async () => (await names(page))[0] === 'Newcomer, Urgent');
    await close(page);
  });

  test('keys do everything: move, open, come back, search, help', async () => {
    const page = await list('normal');
    await page.keyboard.press('j');
    await page.keyboard.press('ArrowDown');
    const order = await ids(page);
    assert.deepEqual(await selected(page), [order[1]]);
    await page.keyboard.press('k');
    assert.deepEqual(await selected(page), [order[0]]);
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    assert.equal(new URL(page.url()).pathname, `/study/${order[0]}`);
    await eventually('the study', () => page.$('h1'));
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Escape')]);
    await eventually('the selection as it was', async () => (await selected(page))[0] === order[0]);
    await page.keyboard.press('/');
    await page.keyboard.type('haddad leila');
    await eventually('the search', async () => (await names(page)).every((name) => name === 'Haddad, Leila'));
    assert.match((await texts(page, '#count'))[0], /^\d of 24 studies$/);
    await page.keyboard.type(' nobody');
    await eventually('the reason for no rows', async () => (await texts(page, '#empty'))[0].includes('No study matches'));
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await eventually('all studies again', async () => (await texts(page, '#count'))[0] === '24 studies');
    await page.keyboard.press('?');
    assert.ok(await page.$eval('#keys-dialog', (dialog) => dialog.open));
    await picture(page, 'keys');
    await close(page);
  });

  test('Start takes a study off the waiting list and says who and when; Release puts it back', async () => {
    const page = await list('normal');
    assert.ok(await page.$eval('#no-starts', (one) => !one.hidden && one.title.includes('plain earliest deadline')));
    await page.type('#reader', 'AB');
    const [first, second] = await ids(page);
    await page.click(`#row-${first} [data-act=start]`);
    await eventually('the next study on top', async () => (await ids(page))[0] === second);
    assert.equal(new URL(page.url()).pathname, '/');
    assert.ok(await page.$eval('#no-starts', (one) => one.hidden));
    const told = await page.evaluate((id) => fetch('/api/v1/worklist').then((answer) => answer.json())
      .then((answer) => answer.entries.find((entry) => entry.id === id)), first);
    assert.equal(told.reading_by, 'AB');
    assert.equal(told.position, null);
    await page.evaluate(() => { document.getElementById('scroller').scrollTop = 1e6; });
    await eventually('who reads it', async () => /AB \d\d:\d\d/.test(await page.$eval(`#row-${first} .c-read`, (cell) => cell.innerText)));
    await picture(page, 'list-reading');
    await page.click(`#row-${first} [data-act=release]`);
    await page.evaluate(() => { document.getElementById('scroller').scrollTop = 0; });
    await eventually('the study on top again', async () => (await ids(page))[0] === first);
    await page.keyboard.press('j');
    await page.keyboard.press('s');
    await eventually('started by the key', async () => !(await ids(page)).slice(0, 3).includes(first));
    await page.hover(`#row-${second} .c-pos`);
    await eventually('why it stands there', () => page.$eval(`#row-${second} .c-pos`, (cell) => cell.title === 'Place 1 by the fake node'));
    await close(page);
  });

  test('an empty list says why it is empty and what would fill it', async () => {
    const page = await list('empty');
    const said = await eventually('the AE title', async () => {
      const [text] = await texts(page, '#empty');
      return text.includes('INFERAD') && text;
    });
    assert.ok(said.includes('No studies on the list'));
    assert.ok(said.includes('as soon as its first image arrives'));
    await picture(page, 'empty');
    await stage.site.tell('scene quiet');
    await eventually('the first studies', async () => (await ids(page)).length === 3);
    await close(page);
  });

  test('when the node fails, what is shown stays and says since when; then it is live again', async () => {
    const page = await list('normal');
    const shown = await ids(page);
    await stage.site.tell('scene error');
    const [said] = await eventually('the banner', async () => {
      const lines = await texts(page, '#stale:not([hidden])');
      return lines.length > 0 && lines;
    });
    assert.match(said, /Not updating since \d\d:\d\d .*disk I\/O error.*may be out of date/);
    assert.deepEqual(await ids(page), shown);
    assert.deepEqual(await texts(page, '#live'), ['Not live']);
    await picture(page, 'stale');
    await stage.site.tell('scene normal');
    await eventually('live again', async () => (await texts(page, '#live'))[0] === 'Live');
    assert.ok(await page.$eval('#stale', (banner) => banner.hidden));
    await close(page, (one) => one.includes('500'));
  });

  test('a node that fails from the start tells what to do', async () => {
    await stage.site.tell('scene error');
    const page = await stage.visit('/');
    await eventually('the message', async () => (await texts(page, '#empty')).join().includes('Read from your usual list'));
    await picture(page, 'error');
    await close(page, (one) => one.includes('500'));
  });

  test('hostile, right-to-left, CJK and endless names are text', async () => {
    const page = await list('odd', { scheme: 'dark' });
    const shown = await names(page);
    assert.ok(shown[0].includes('<script>window.hacked'));
    assert.ok(shown.includes('Yamada, Tarou (\u5c71\u7530, \u592a\u90ce)'));
    assert.ok(shown.some((name) => name.includes('\u0627\u0644\u0642\u0628\u0627\u0646\u064a')));
    assert.ok(shown.includes('evil, override'));
    assert.ok(shown.some((name) => name.normalize('NFD').replace(/\p{M}/gu, '') === 'Stacked, Marks'));
    assert.ok(shown.includes('No name'));
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.evaluate(() => document.querySelectorAll('#rows script, #rows img, #rows b, #rows svg[onload]').length), 0);
    const heights = await page.$$eval('tr[data-id]', (rows) => rows.map((row) => row.offsetHeight));
    assert.ok(heights.every((height) => height === 48), `rows keep their height: ${heights}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await picture(page, 'odd-dark');
    await close(page);
  });

  test('5,000 studies: a bounded page, quick scrolling and searching', async () => {
    const page = await list('many');
    await eventually('all of them', async () => (await texts(page, '#count'))[0] === '5,000 studies', 20_000);
    assert.ok((await ids(page)).length < 60);
    const slowest = await page.evaluate(async () => {
      const scroller = document.getElementById('scroller');
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      let worst = 0;
      for (let i = 0; i < 60; i += 1) {
        const start = performance.now();
        scroller.scrollTop += 4_000;
        await frame();
        await frame();
        worst = Math.max(worst, performance.now() - start);
      }
      return worst;
    });
    assert.ok(slowest < 1000, `the slowest of 60 jumps took ${slowest} ms`);
    const last = await page.evaluate(async () => {
      const scroller = document.getElementById('scroller');
      scroller.scrollTop = scroller.scrollHeight;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return [...document.querySelectorAll('.c-pos')].at(-1).textContent;
    });
    assert.equal(last, '5000');
    const started = Date.now();
    await page.keyboard.press('/');
    await page.keyboard.type('4711');
    await eventually('the one', async () => (await names(page)).join() === 'Patient, Number 4711');
    assert.ok(Date.now() - started < 6000, `searching took ${Date.now() - started} ms`);
    await close(page);
  });

  test('5,000 studies live: only what changed travels, and the page has the order that the node has', async () => {
    const page = await list('many');
    const whole = () => page.evaluate(async () => (await (await fetch('/api/v1/worklist')).json()).entries.map(({ id, position }) => ({ id, position })));
    const updates = () => page.evaluate(() => performance.getEntriesByType('resource').filter((one) => one.name.includes('since='))
      .map((one) => one.encodedBodySize));
    await page.evaluate(() => {
      window.longest = 0;
      new PerformanceObserver((tasks) => { for (const task of tasks.getEntries()) window.longest = Math.max(window.longest, task.duration); })
        .observe({ type: 'longtask' });
    });
    const [{ id: raised }] = (await whole()).slice(3000);
    for (const change of [`raise ${raised}`, 'stat', 'stat']) {
      const before = (await updates()).length;
      await stage.site.tell(change);
      const bytes = await eventually('the update', async () => (await updates())[before]);
      assert.ok(bytes < 5_000, `${change}: ${bytes} bytes`);
    }
    await eventually('all of them', async () => (await texts(page, '#count'))[0] === '5,002 studies');
    const told = await whole();
    for (const line of [0, told.findIndex((entry) => entry.id === raised), 2998, 4990]) {
      await page.evaluate(async (top) => {
        document.getElementById('scroller').scrollTop = top;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }, line * 48);
      const shown = await page.$$eval('tr[data-id]', (rows) => rows.map((row) => ({ id: Number(row.dataset.id), position: Number(row.querySelector('.c-pos').textContent) })));
      const first = told.findIndex((entry) => entry.id === shown[0].id);
      assert.ok(first <= line && line < first + shown.length, `line ${line} is drawn`);
      assert.deepEqual(shown, told.slice(first, first + shown.length));
    }
    await page.click('#head .c-patient button');
    await eventually('by name', async () => (await names(page))[0] === 'Newcomer, Urgent');
    await stage.site.tell('stat');
    await eventually('one more, by name', async () => (await names(page)).filter((name) => name === 'Newcomer, Urgent').length === 3);
    assert.equal((await names(page))[3], 'Patient, Number 0');
    const longest = await page.evaluate(() => window.longest);
    assert.ok(longest < 1000, `the longest task took ${longest} ms`);
    await close(page);
  });

  test('light and dark, small and large, look as they should', async () => {
    for (const scheme of ['light', 'dark']) {
      const page = await list('normal', { scheme });
      const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor === 'rgb(13, 16, 20)');
      assert.equal(dark, scheme === 'dark');
      await picture(page, `list-${scheme}`);
      await close(page);
    }
    const page = await list('many', { width: 3840, height: 2160 });
    await picture(page, 'list-4k');
    await page.setViewport({ width: 1280, height: 720 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await close(page);
  });

  test('texts have the contrast that WCAG AA asks for, also on chips', async () => {
    for (const scheme of ['light', 'dark']) {
      const page = await list('normal', { scheme, height: 1400 });
      const poor = await page.evaluate(() => {
        const parse = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
        const light = (rgb) => rgb.slice(0, 3).map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
          .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const behind = (element) => {
          for (let at = element; at; at = at.parentElement) {
            const color = parse(getComputedStyle(at).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color;
          }
          return [255, 255, 255];
        };
        const found = new Set();
        for (const element of document.querySelectorAll('.bar *, .tools *, .list *')) {
          const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
          if (!own || element.closest('.unseen')) continue;
          const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
          const ratio = (a + 0.05) / (b + 0.05);
          if (ratio < 4.5) found.add(`${element.className || element.tagName} ${ratio.toFixed(2)}`);
        }
        return [...found];
      });
      assert.deepEqual(poor, [], scheme);
      await close(page);
    }
  });
});
