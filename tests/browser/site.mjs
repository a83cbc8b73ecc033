// SPDX-License-Identifier: Apache-2.0
// Starts the site over its made-up node and a headless Chromium; opens pages that note every mistake they make.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import readline from 'node:readline';

const { DEMO_SITE, DEMO_ARGS, CHROMIUM, BUILD } = process.env;
const puppeteer = createRequire(path.join(BUILD, 'package.json'))('puppeteer-core');

// The process behind the pages; tell() changes the scene and returns its answer when the change is announced.
class Site {
  static async start() {
    const site = new Site();
    site.process = spawn(DEMO_SITE, DEMO_ARGS?.split(' ') ?? [], { stdio: ['pipe', 'pipe', 'inherit'] });
    site.lines = readline.createInterface({ input: site.process.stdout })[Symbol.asyncIterator]();
    const [, port] = (await site.lines.next()).value.match(/^PORT (\d+)$/);
    site.url = `http://127.0.0.1:${port}`;
    return site;
  }

  async tell(line) {
    this.process.stdin.write(line + '\n');
    const [, answer] = (await this.lines.next()).value.match(/^OK ?(.*)$/);
    return answer;
  }

  async stop() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin.end('quit\n');
    await ended;
  }
}

export class Stage {
  static async open() {
    const stage = new Stage();
    stage.site = await Site.start();
    const flags = ['--no-proxy-server', '--disable-gpu', '--force-color-profile=srgb', '--hide-scrollbars', '--lang=en-GB'];
    if (process.getuid() === 0) flags.push('--no-sandbox');
    stage.browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, args: flags });
    return stage;
  }

  async close() {
    await this.browser.close();
    await this.site.stop();
  }

  // A new page in a context of its own (no storage of others). `mistakes` collects what must not happen.
  async visit(where, { scheme = 'light', width = 1280, height = 720, timezone = 'Europe/Berlin', before } = {}) {
    const context = await this.browser.createBrowserContext();
    const page = await context.newPage();
    page.mistakes = [];
    page.on('console', (message) => ['error', 'warn'].includes(message.type()) && page.mistakes.push(message.text()));
    page.on('pageerror', (error) => page.mistakes.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(this.site.url + '/')) page.mistakes.push(`external request: ${request.url()}`);
    });
    page.on('requestfailed', (request) => {
      if (!request.url().endsWith('/events')) page.mistakes.push(`failed: ${request.url()}`);
    });
    page.on('response', (response) => response.status() >= 400 && page.mistakes.push(`${response.status()}: ${response.url()}`));
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.emulateTimezone(timezone);
    if (before) await page.evaluateOnNewDocument(before);
    await page.goto(this.site.url + where, { waitUntil: 'load' });
    return page;
  }
}

export async function picture(page, name) {
  await page.screenshot({ path: path.join(BUILD, 'screenshots', `${name}.png`) });
}

// The text of every element that matches, as a reader sees it.
export const texts = (page, selector) =>
  page.$$eval(selector, (all) => all.map((one) => one.innerText.replace(/\s+/g, ' ').trim()));

export async function eventually(what, condition, ms = 20_000) {
  const deadline = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) assert.fail(`waited ${ms} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// `expected` tells the mistakes that a test provoked; more of them may come in while the page closes.
export const close = async (page, expected = () => false) => {
  await page.browserContext().close();
  assert.deepEqual(page.mistakes.filter((one) => !expected(one)), []);
};
