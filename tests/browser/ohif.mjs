// SPDX-License-Identifier: Apache-2.0
// ohif.mjs TASK: opens a study in OHIF before the PACS's DICOMweb, first the CT alone, then our SEG over it, and looks
// at the colour of the picture where the task's points of the patient are; then reports, before and after in words
// (ohif_test.py).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const task = JSON.parse(fs.readFileSync(process.argv[2]));
const puppeteer = createRequire(path.join(task.build, 'package.json'))('puppeteer-core');
const COLOURED = 25; // of 255, between the largest and the smallest of red, green and blue
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css',
  '.json': 'application/json', '.wasm': 'application/wasm', '.svg': 'image/svg+xml' };
const CONFIG = `window.config = ${JSON.stringify({
  routerBasename: '/', extensions: [], modes: [], showStudyList: true, maxNumberOfWebWorkers: 2,
  showWarningMessageForCrossOrigin: false, showCPUFallbackMessage: false, disableConfirmationPrompts: true,
  investigationalUseDialog: { option: 'never' }, defaultDataSourceName: 'pacs',
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'pacs',
    configuration: {
      friendlyName: 'PACS', name: 'pacs', wadoUriRoot: '/wado', qidoRoot: '/dicom-web', wadoRoot: '/dicom-web',
      qidoSupportsIncludeField: true, imageRendering: 'wadors', thumbnailRendering: 'wadors', enableStudyLazyLoad: true,
      supportsWildcard: true, omitQuotationForMultipartRequest: true, bulkDataURI: { enabled: true },
    },
  }],
})};`;

// The viewer's files and the PACS's DICOMweb under one origin.
function serve() {
  const server = http.createServer((request, response) => {
    if (/^\/(dicom-web|wado)(\/|\?|$)/.test(request.url)) {
      const onward = http.request({ host: '127.0.0.1', port: task.pacs, path: request.url, method: request.method,
        headers: { ...request.headers, host: request.headers.host } },
      (answer) => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); });
      onward.on('error', (error) => { response.writeHead(502); response.end(String(error)); });
      return void request.pipe(onward);
    }
    const name = decodeURIComponent(new URL(request.url, 'http://x').pathname);
    if (name === '/app-config.js') {
      response.setHeader('Content-Type', TYPES['.js']);
      return void response.end(CONFIG);
    }
    let file = path.join(task.dist, name);
    if (!file.startsWith(task.dist + path.sep) || !fs.existsSync(file) || fs.statSync(file).isDirectory())
      file = path.join(task.dist, 'index.html');
    response.setHeader('Content-Type', TYPES[path.extname(file)] ?? 'application/octet-stream');
    fs.createReadStream(file).pipe(response);
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

// In the page: the height of the slice that is shown; null before an image is.
function shownHeight() {
  const viewport = window.cornerstone?.getRenderingEngines?.()?.[0]?.getViewports?.()?.[0];
  const camera = viewport?.getCamera?.();
  return camera && viewport.getImageIds?.()?.length ? camera.focalPoint[2] : null;
}

function goTo(height) {
  const viewport = window.cornerstone.getRenderingEngines()[0].getViewports()[0];
  const heights = viewport.getImageIds().map((id) => window.cornerstone.metaData.get('imagePlaneModule', id).imagePositionPatient[2]);
  const nearest = heights.reduce((best, each, i) => (Math.abs(each - height) < Math.abs(heights[best] - height) ? i : best), 0);
  return viewport.setImageIdIndex?.(nearest);
}

// In the page: how coloured the picture is at points of the patient, and its colours.
function coloursAt(points) {
  const viewport = window.cornerstone.getRenderingEngines()[0].getViewports()[0];
  const canvas = viewport.getCanvas();
  const scale = canvas.width / canvas.clientWidth;
  return points.map((point) => {
    const [x, y] = viewport.worldToCanvas(point);
    const [r, g, b] = canvas.getContext('2d').getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data;
    return { x, coloured: Math.max(r, g, b) - Math.min(r, g, b), rgb: [r, g, b] };
  });
}

// In the page: OHIF's own names and colours of the segments.
function segments() {
  const { segmentationService, viewportGridService } = window.services;
  const viewportId = viewportGridService.getActiveViewportId();
  return segmentationService.getSegmentations().flatMap((each) => Object.values(each.segments).map((segment) => ({
    label: segment.label,
    colour: [...segmentationService.getSegmentColor(viewportId, each.segmentationId, segment.segmentIndex)].slice(0, 3),
  })));
}

// On the element that shows just this text, as soon as there is one.
async function click(page, text, count) {
  const find = (wanted) => [...document.querySelectorAll('*')]
    .find((e) => !e.children.length && e.textContent.trim() === wanted && e.getClientRects().length);
  const box = await (await page.waitForFunction(find, { timeout: 60_000 }, text)).asElement().boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2, { count });
}

const settled = () => new Promise((done) => setTimeout(done, 1500));

async function look(page, name) {
  await settled();
  const height = await page.evaluate(shownHeight);
  const nearest = Object.keys(task.slices).sort((a, b) => Math.abs(a - height) - Math.abs(b - height))[0];
  assert.ok(Math.abs(nearest - height) < 2.6, `slice at ${height} mm shows both lungs`);
  await page.screenshot({ path: path.join(task.build, 'screenshots', `${name}.png`) });
  const seen = {};
  for (const [kind, points] of Object.entries(task.slices[nearest])) seen[kind] = await page.evaluate(coloursAt, points);
  return seen;
}

const middle = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const distance = (a, b) => Math.hypot(...a.map((value, i) => value - b[i]));
// Of a blend over dark lung the direction of the colour is what counts.
const direction = (rgb) => { const least = Math.min(...rgb); const rest = rgb.map((v) => v - least); const length = Math.hypot(...rest) || 1; return rest.map((v) => v / length); };

async function check(page) {
  await page.waitForFunction(shownHeight, { timeout: 120_000 });
  const heights = Object.keys(task.slices).map(Number).sort((a, b) => a - b);
  await page.evaluate(goTo, heights[heights.length >> 1]);
  const alone = await look(page, 'ohif-ct');
  for (const [kind, found] of Object.entries(alone))
    assert.ok(found.every((point) => point.coloured < COLOURED), `the CT alone is grey at ${kind}`);
  assert.ok(middle(alone.right.map((p) => p.x)) < middle(alone.left.map((p) => p.x)), "the patient's right is on the picture's left");

  await click(page, 'Skip all', 1);  // the tour for newcomers lies over everything
  await click(page, task.seg, 2);
  await page.waitForFunction(() => window.services?.segmentationService?.getSegmentations?.().length > 0, { timeout: 120_000 });
  await settled();
  await page.evaluate(goTo, heights[heights.length >> 1]);
  const over = await look(page, 'ohif-seg');
  const known = await page.evaluate(segments);
  console.log(JSON.stringify({ known, over: Object.fromEntries(Object.entries(over).map(([kind, found]) => [kind, found.map((p) => p.rgb)])) }));
  assert.deepEqual(known.map((segment) => segment.label).sort(), [...task.labels].sort());
  assert.ok(over.tissue.every((point) => point.coloured < COLOURED), 'nothing lies over soft tissue');
  for (const [kind, label] of [['right', 'Right lung'], ['left', 'Left lung']]) {
    assert.ok(over[kind].every((point) => point.coloured >= COLOURED), `the SEG covers the ${label}`);
    for (const point of over[kind]) {
      const nearest = [...known].sort((a, b) => distance(direction(a.colour), direction(point.rgb)) - distance(direction(b.colour), direction(point.rgb)))[0];
      assert.equal(nearest.label, label, `colour at ${kind}`);
    }
  }
}

// As OHIF words a number: "Volume: 2502.15 mL".
const worded = ({ name, value }) => `${name}: ${value.toFixed(2)}`;
const shown = (page) => page.evaluate(() => document.body.innerText);

// In the page: what OHIF read of the report with this description.
function readOf(report) {
  const set = window.services.displaySetService.getActiveDisplaySets().find((each) => each.SeriesDescription === report);
  return set?.isLoaded ? set.measurements.map((each) => each.labels.map(({ label, value }) => `${label}: ${value}`)) : null;
}

// A report of a volume has no coordinates: OHIF reads its numbers, and draws nothing.
async function readVolume(page) {
  await click(page, task.volume.report, 2);
  const read = await (await page.waitForFunction(readOf, { timeout: 120_000 }, task.volume.report)).jsonValue();
  assert.equal(read.length, task.volume.said.length);
  task.volume.said.forEach(({ numbers }, i) => numbers.forEach((number) => assert.ok(
    read[i].some((words) => words.startsWith(worded(number))), `OHIF read ${worded(number)}`)));
}

// In the page.
function showsImage() {
  return window.cornerstone?.getRenderingEngines?.()?.[0]?.getViewports?.()?.[0]?.getImageIds?.()?.length > 0;
}

async function readPlaces(page) {
  await page.waitForFunction(showsImage, { timeout: 120_000 });
  await settled();
  const words = task.places.said.flatMap(({ numbers }) => numbers.map(worded));
  const findings = new Set(task.places.said.map(({ finding }) => finding));
  assert.ok(words.length > 3, 'the report has places and a count');
  const alone = await shown(page);
  for (const each of [...words, ...findings]) assert.ok(!alone.includes(each), `the image alone does not say ${each}`);
  await click(page, task.places.report, 2);
  const includes = (wanted) => wanted.every((each) => document.body.innerText.includes(each));
  await page.waitForFunction(includes, { timeout: 120_000 }, [...words, ...findings]);
  await page.screenshot({ path: path.join(task.build, 'screenshots', 'ohif-sr.png') });
  console.log(JSON.stringify({ words: [...new Set(words)], findings: [...findings] }));
}

fs.mkdirSync(path.join(task.build, 'screenshots'), { recursive: true });
const server = await serve();
const flags = ['--no-proxy-server', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-dev-shm-usage',
  '--force-color-profile=srgb', '--lang=en-GB'];
if (process.getuid() === 0) flags.push('--no-sandbox');
const browser = await puppeteer.launch({ executablePath: task.chromium, headless: true, args: flags,
  defaultViewport: { width: 1400, height: 900 }, protocolTimeout: 300_000 });
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.log('page error:', String(error).slice(0, 300)));
  page.on('response', (response) => response.status() >= 400 && console.log('HTTP', response.status(), response.url().slice(0, 200)));
  const open = (study) =>
    page.goto(`http://127.0.0.1:${server.address().port}/viewer?StudyInstanceUIDs=${study}`, { timeout: 60_000 });
  const all = async () => {
    await open(task.study);
    await check(page);
    await readVolume(page);
    await open(task.places.study);
    await readPlaces(page);
  };
  await all().catch(async (problem) => {
    await page.screenshot({ path: path.join(task.build, 'screenshots', 'ohif-failed.png') });
    throw problem;
  });
  console.log('OHIF shows the SEG at the right place and side, and what the SR says');
} finally {
  await browser.close();
  server.close();
  server.closeAllConnections();
}
