// SPDX-License-Identifier: Apache-2.0
// The study page and the operations page in a real browser.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Stage, close, eventually, picture, texts } from './site.mjs';

describe('study and operations', { timeout: 250_000 }, () => {
  let stage;
  before(async () => { stage = await Stage.open(); });
  after(async () => { await stage.close(); });

  const open = async (scene, where, options) => {
    await stage.site.tell(`scene ${scene}`);
    const page = await stage.visit(where, options);
    await eventually('the content', () => page.$('.panel, .empty'));
    return page;
  };
  const all = async (page) => (await texts(page, 'main')).join(' ');

  test('a study says what AI saw, how sure, on what, and what it did not look at', async () => {
    for (const scheme of ['light', 'dark']) {
      const page = await open('normal', '/study/1', { scheme, height: 1400 });
      const said = await all(page);
      for (const part of ['Okafor, Ngozi', 'ID MRN-204518', 'Present Pulmonary emphysema', 'Absent Increased lung attenuation', 'Left lung', 'Right lung',
        '31.2', 'Limits of this analysis', 'CT series Scout (2 images): a localizer is no volume', 'threshold 25', 'Now STAT', 'Ordered ROUTINE',
        'Could not be sent Segmentation (SEG) to pacs', 'Waiting to be sent', 'count reported by PACS', 'History', '1.2.826.0.1.3680043.8.498.100000']) {
        assert.ok(said.includes(part), `"${part}" in ${said}`);
      }
      assert.ok(!said.includes('[object'));
      assert.deepEqual(await texts(page, '.assist'), ['Assists; not for primary diagnosis']);
      assert.equal(await page.title(), 'Study 1 · Inferad');
      await page.click('summary');
      assert.ok((await all(page)).includes('5f1d6b0c9a7e4432b7f0c2d98e1a3b64c5d7e8f90a1b2c3d4e5f60718293a4b5'));
      await picture(page, `study-${scheme}`);
      await close(page);
    }
  });

  test('the key picture shows what AI marked, which can be taken away; a study without pictures is whole', async () => {
    const page = await open('normal', '/study/1', { height: 1200 });
    await eventually('the picture', () => page.evaluate(() => document.querySelector('.stack .slice')?.naturalWidth === 512));
    await eventually('its marks', () => page.evaluate(() => document.querySelector('.stack .marks')?.naturalHeight === 384));
    assert.ok(await page.$eval('.stack .marks', (one) => getComputedStyle(one).visibility === 'visible'));
    assert.equal(await page.$eval('.stack .marks', (one) => one.alt), 'Marked by AI: outline of Left lung, outline of <b>Right</b> lung, 1 place');
    const said = await all(page);
    for (const part of ['Series 3 image 45', '<b>Right</b> lung', '1 place of a finding', 'for orientation only']) assert.ok(said.includes(part), part);
    await page.keyboard.press('o');
    assert.equal(await page.$eval('.stack .marks', (one) => getComputedStyle(one).visibility), 'hidden');
    await page.click('.switch input');
    assert.equal(await page.$eval('.stack .marks', (one) => getComputedStyle(one).visibility), 'visible');
    await picture(page, 'study-picture');
    await close(page);
    const other = await open('normal', '/study/9');
    assert.equal(await other.$('.pictures'), null);
    await close(other);
  });

  test('one click shows what the algorithm is for; the viewer opens the study', async () => {
    const page = await open('normal', '/study/1', { height: 1400 });
    await page.click('.job summary');
    const [said] = await texts(page, '.card');
    for (const part of ['Intended use Finds aerated lung', 'Population Adults', 'A pneumothorax or a bulla counts as lung', 'Licence Apache-2.0',
      'Emphysema: LAA-950 at least 25 % → asks for HIGH', 'slice distance mm max: 5', 'made by another version or model file', '<img src=x']) {
      assert.ok(said.includes(part), `"${part}" in ${said}`);
    }
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.$eval('.viewer', (link) => link.href),
      'https://viewer.example/view?study=1.2.826.0.1.3680043.8.498.100000&accession=A26110000');
    assert.equal(await page.$eval('.viewer', (link) => link.rel), 'noopener noreferrer');
    await picture(page, 'study-card');
    await close(page);
  });

  test('a study that was not analysed, failed or waits says so in words', async () => {
    for (const [id, words] of [[5, 'Slice distance 7.5 mm, at most 5 mm'], [8, 'The analysis ended without a result twice'],
      [6, 'The analysis starts when a worker is free'], [7, 'Images are still arriving'], [4, 'No model is installed for MR'], [3, 'Analysing 35 % (infer)']]) {
      const page = await open('normal', `/study/${id}`);
      const said = await all(page);
      assert.ok(said.includes(words), `"${words}" in ${said}`);
      await close(page);
    }
  });

  test('a study follows the node without a reload', async () => {
    const page = await open('normal', '/study/3');
    await stage.site.tell('raise 3');
    await eventually('the new priority', async () => (await all(page)).includes('LAA-950 44.0 %'));
    await close(page);
  });

  test('a critical finding waits until somebody with a name acknowledges it', async () => {
    const page = await open('critical', '/study/1');
    const says = (words) => eventually(words, async () => (await all(page)).includes(words));
    await says('Nobody has acknowledged this finding');
    await says('It waits for 12 min, escalated 2 times');
    await page.click('.acknowledge button');
    await says('Not acknowledged: Say who acknowledges');
    await page.type('.acknowledge input', 'AB');
    await page.click('.acknowledge button');
    await says('Acknowledged.');
    await page.reload();
    await says('The critical finding was acknowledged by AB');
    await close(page, (one) => one.includes('400'));
  });

  test('a raise that is held is not told as none', async () => {
    const page = await open('normal', '/study/9');
    const said = await all(page);
    assert.ok(said.includes('not raised: raises of ct-lung-density are held; asked for STAT'), said);
    assert.ok(!said.includes('AI asked for no other priority'));
    await close(page);
  });

  test('a study that is not there is said so', async () => {
    const page = await open('normal', '/study/99999');
    assert.ok((await all(page)).includes('There is no such study'));
    await close(page, (one) => one.includes('404'));
  });

  test('hostile values stay text on the study page', async () => {
    const page = await open('odd', '/study/1', { height: 1200 });
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.evaluate(() => document.querySelectorAll('main script, main img:not(.stack img)').length), 0);
    assert.ok((await all(page)).includes('<img src=x onerror=window.hacked=1>'));
    await close(page);
    for (const id of [3, 6, 7, 11]) {  // three scripts, an override, a name without end, stacked marks
      const odd = await open('odd', `/study/${id}`, { scheme: 'dark' });
      assert.ok(await odd.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `study ${id} stays within the window`);
      assert.ok(!/[\u202a-\u202e\u2066-\u2069]/.test(await all(odd)));
      await picture(odd, `study-odd-${id}`);
      await close(odd);
    }
  });

  test('evidence says each number with what it counts, what is unknown, and what would tell it', async () => {
    const page = await open('normal', '/evidence', { height: 1400 });
    await page.$$eval('details', (every) => every.forEach((one) => { one.open = true; }));
    const said = await all(page);
    for (const part of ['ct-lung-density 1.0.0 120 studies analysed', 'Asked for a higher priority: 24 of 120 (20 %)', 'Raised above the order 24', 'Nothing asked 96',
      '27 of 30', 'unknown', 'No final report tells in codes', 'By sex: 2 groups', 'F 60', 'too small alone', '<IMG SRC=X ONERROR=WINDOW.HACKED=1>', 'verification bias']) {
      assert.ok(said.includes(part), `"${part}" in ${said}`);
    }
    assert.ok(!said.includes('NaN') && !said.includes('undefined') && !said.includes('No start of reading'));
    assert.equal(await page.evaluate(() => document.querySelectorAll('main img').length), 0);
    assert.ok((await page.$eval('#csv', (one) => one.href)).endsWith('/api/v1/evidence.csv?days=90'));
    await picture(page, 'evidence-light');
    await close(page);
    const nothing = await open('empty', '/evidence', { scheme: 'dark' });
    assert.ok((await all(nothing)).includes('No study was analysed in these days'));
    await close(nothing);
  });

  test('operations leads with what is stuck, and a retry takes it away', async () => {
    const page = await open('normal', '/operations', { height: 1200 });
    const [verdict] = await texts(page, '.verdict');
    assert.match(verdict, /2 things need you 2 analyses failed\. 1 result could not be sent\./);
    await picture(page, 'operations-light');
    await page.click('button[data-retry^="outbox/"]');
    await eventually('the result to be waiting again', async () => !(await texts(page, '.verdict'))[0].includes('result'));
    await page.click('button[data-retry^="jobs/"]');
    await eventually('one failed analysis', async () => (await texts(page, '.verdict'))[0].includes('1 analysis failed.'));
    await close(page);
  });

  test('operations is calm when nothing is stuck, and shows peers, models, rules and the node', async () => {
    const page = await open('quiet', '/operations', { scheme: 'dark', height: 1200 });
    const said = await all(page);
    for (const part of ['Nothing is stuck.', 'ORTHANC @ 127.0.0.1:4242', 'lung-threshold', 'Modality is MR', 'AE title INFERAD', '2 of 2', '412 GB of 960 GB']) {
      assert.ok(said.includes(part), `"${part}" in ${said}`);
    }
    await picture(page, 'operations-dark');
    await close(page);
  });
});
