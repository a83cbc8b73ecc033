// SPDX-License-Identifier: Apache-2.0
// Agree, disagree and comment on the study page, by mouse and by key.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Stage, close, eventually, picture, texts } from './site.mjs';

describe('feedback', { timeout: 120_000 }, () => {
  let stage;
  before(async () => { stage = await Stage.open(); });
  after(async () => { await stage.close(); });

  const open = async (options) => {
    await stage.site.tell('scene normal');
    const page = await stage.visit('/study/1', options);
    await eventually('the findings', () => page.$('[data-target="101:emphysema"]'));
    return page;
  };
  const told = (page) => page.evaluate(() => fetch('/api/v1/studies/1/feedback').then((answer) => answer.json()).then((answer) => answer.feedback));
  const pressed = (page) => page.$$eval('[aria-pressed=true]', (all) => all.map((one) => one.getAttribute('aria-label')));

  test('the first click asks who reads; from then on one click is enough, and a second one takes it back', async () => {
    const page = await open({ height: 1200 });
    assert.ok((await texts(page, '.who'))[0].includes('You have not said who you are'));
    await page.click('[data-target="101:emphysema"] [data-keep^="agree"]');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'feedback-reader');
    await page.keyboard.type('AB');
    await page.keyboard.press('Enter');
    await eventually('the voice', async () => (await texts(page, '.voices')).join().includes('AB agrees'));
    assert.deepEqual(await pressed(page), ['Agree: Pulmonary emphysema']);
    assert.equal((await texts(page, '.who'))[0], 'You are AB · change');
    await page.click('[data-target="101:haa"] [data-keep^="disagree"]');
    await eventually('both', async () => (await pressed(page)).length === 2);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.keep), 'disagree 101:haa');
    await page.click('[data-target="101:haa"] [data-keep^="disagree"]');
    await eventually('one again', async () => (await pressed(page)).length === 1);
    await page.click('.earlier summary');
    assert.ok((await texts(page, '.earlier')).join().includes('AB disagrees'));
    const all = await told(page);
    assert.deepEqual(all.map((one) => [one.finding, one.opinion, one.superseded_by]), [['emphysema', 'agree', null], ['haa', 'disagree', 3], ['haa', 'none', null]]);
    await picture(page, 'feedback-light');
    await close(page);
  });

  test('keys do it: j to the finding, d to disagree, c to comment; a hostile comment is text', async () => {
    const page = await open({ scheme: 'dark', height: 1200 });
    await page.evaluate(() => localStorage.setItem('inferad.reader', 'CD'));
    await page.reload();
    await eventually('the findings', () => page.$('[data-target="101:emphysema"]'));
    await page.keyboard.press('j');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.target), '101:emphysema');
    await page.keyboard.press('j');
    await page.keyboard.press('d');
    await eventually('the opinion', async () => (await pressed(page)).join() === 'Disagree: Increased lung attenuation');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.target), '101:haa');
    await page.keyboard.press('c');
    await page.keyboard.type('<img src=x onerror=window.hacked=1> moved');
    await picture(page, 'feedback-comment');
    await page.keyboard.down('Control');
    await page.keyboard.press('Enter');
    await page.keyboard.up('Control');
    await eventually('the comment', async () => (await texts(page, '.voice')).some((one) => one.startsWith('CD disagrees: <img src=x')));
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal((await told(page)).at(-1).opinion, 'disagree');
    await page.keyboard.press('c');
    await page.keyboard.press('Escape');
    assert.ok(await page.$eval('#feedback-dialog', (one) => !one.open));
    assert.equal(new URL(page.url()).pathname, '/study/1');
    await close(page);
  });

  test('feedback that was not kept is said so, and a comment being written survives news about the study', async () => {
    const page = await open();
    await page.evaluate(() => localStorage.setItem('inferad.reader', 'EF'));
    await page.click('[data-target="101:"] [data-keep^="comment"]');
    await page.type('#feedback-comment', 'fa');
    await stage.site.tell('raise 1');
    await eventually('the news', async () => (await texts(page, 'main')).join().includes('LAA-950 44.0 %'));
    await page.type('#feedback-comment', 'il');
    await page.click('#feedback-dialog [value=save]');
    await eventually('the failure', async () => (await texts(page, '.failure')).join().includes('Not kept: The ledger cannot be written'));
    await close(page, (one) => one.includes('500'));
  });
});
