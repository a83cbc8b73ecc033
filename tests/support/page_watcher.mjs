// SPDX-License-Identifier: Apache-2.0
// The reading list open in Chromium: says as a JSON line when it shows a level of a study that it did not show before.
//   page_watcher.mjs NODE_MODULES CHROMIUM URL
//   → {"ready": true} when the list is open and live, then {"study": 17, "level": "HIGH", "at": ms since 1970} at the
//     frame in which the reader sees it. Ends with stdin.
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, chromium, url] = process.argv.slice(2);
const puppeteer = createRequire(path.join(modules, 'x'))('puppeteer-core');
const say = (value) => process.stdout.write(JSON.stringify(value) + '\n');

// Runs in the page, before its own scripts.
function watch() {
  const shown = new Map();
  const look = () => {
    const at = Date.now();
    for (const row of document.querySelectorAll('tr[data-id]')) {
      const level = row.querySelector('.chip')?.textContent.trim();
      if (!level || shown.get(row.dataset.id) === level) continue;
      shown.set(row.dataset.id, level);
      window.tell({ study: Number(row.dataset.id), level, at });
    }
  };
  new MutationObserver(() => requestAnimationFrame(look)).observe(document,
    { subtree: true, childList: true, characterData: true, attributes: true });
}

const flags = ['--no-proxy-server', '--disable-gpu', '--lang=en-GB'];
if (process.getuid() === 0) flags.push('--no-sandbox');
const browser = await puppeteer.launch({ executablePath: chromium, headless: true, args: flags });
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 1400 });
await page.exposeFunction('tell', say);
await page.evaluateOnNewDocument(watch);
await page.goto(url, { waitUntil: 'load' });
await page.waitForFunction(() => document.getElementById('live')?.innerText === 'Live');
say({ ready: true });
process.stdin.resume();
process.stdin.on('end', async () => {
  await browser.close();
  process.exit(0);
});
