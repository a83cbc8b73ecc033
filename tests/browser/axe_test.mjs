// SPDX-License-Identifier: Apache-2.0
// axe-core over every page, light and dark, with dialogs: no serious or critical finding.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Stage, close, eventually, texts } from './site.mjs';

const axe = readFileSync(path.join(process.env.BUILD, 'node_modules/axe-core/axe.min.js'), 'utf8');

// axe measures contrast by position: a page must not move meanwhile.
async function findings(page) {
  const session = await page.createCDPSession();
  await session.send('Runtime.evaluate', { expression: axe });  // past the Content-Security-Policy, as a debugger may
  const result = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `${one.impact} ${one.id}: ${one.help}\n    ${one.nodes.slice(0, 4).map((node) => `${node.target} ${node.failureSummary.replace(/\s+/g, ' ')}`).join('\n    ')}`));
  await session.detach();
  return result;
}

describe('accessibility', { timeout: 300_000 }, () => {
  let stage;
  before(async () => { stage = await Stage.open(); });
  after(async () => { await stage.close(); });

  const scenes = [['normal', '/', '#rows tr[data-id]'], ['empty', '/', '#empty h2'], ['odd', '/', '#rows tr[data-id]'], ['normal', '/study/1', '.stack img'],
    ['normal', '/study/5', '.job'], ['odd', '/study/1', '.job'], ['normal', '/study/99999', '.empty'], ['normal', '/operations', '.panel'], ['quiet', '/operations', '.panel'],
    ['normal', '/evidence', '#evidence .panel table']];
  for (const scheme of ['light', 'dark']) {
    test(`no page has a serious finding, ${scheme}`, async () => {
      const all = [];
      for (const [scene, where, sign] of scenes) {
        await stage.site.tell(`scene ${scene}`);
        const page = await stage.visit(where, { scheme, height: 1000 });
        if ((await page.$('main')) === null) { await close(page, () => true); continue; }  // a page of another build
        await eventually(`${sign} at ${where}`, () => page.$(sign));
        if (where === '/study/1') await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
        all.push(...(await findings(page)).map((one) => `${scene} ${where}: ${one}`));
        await close(page, (one) => one.includes('404'));
      }
      assert.deepEqual(all, []);
    });
  }

  test('dialogs and the list in use have none either', async () => {
    await stage.site.tell('scene normal');
    const all = [];
    const page = await stage.visit('/study/1', { height: 1000 });
    await eventually('the findings', () => page.$('[data-target]'));
    await page.keyboard.press('c');
    all.push(...await findings(page));
    await close(page);
    const list = await stage.visit('/', { scheme: 'dark' });
    await eventually('the list', async () => (await texts(list, '#count'))[0] !== '');
    await list.keyboard.press('j');
    await list.keyboard.press('?');
    all.push(...await findings(list));
    await close(list);
    assert.deepEqual(all, []);
  });
});
