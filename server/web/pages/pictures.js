// SPDX-License-Identifier: Apache-2.0
// The slices that show best what AI found, with what it marked as a layer that can be taken away.
import { api, bdi, el, plural } from './common.js';

const lists = new Map();  // job and its end → pictures
const view = { marks: true };

// Asks for the pictures of the analyses that have ended; what was asked once stays.
export async function takePictures(study, jobs) {
  await Promise.all(jobs.filter((job) => job.findings && job.finished_at).map(async (job) => {
    const key = `${job.id} ${job.finished_at}`;
    if (lists.has(key)) return;
    try {
      lists.set(key, (await api(`studies/${study}/jobs/${job.id}/images`)).pictures);
    } catch { /* the page is whole without them, and asks again */ }
  }));
}

const channel = (value) => Math.min(255, Math.max(0, Number(value) || 0));

function square(rgb) {
  const box = el('span', { class: 'square', 'aria-hidden': 'true' });
  box.style.background = `rgb(${rgb.map(channel).join(',')})`;
  return box;
}

function legend(picture) {
  const parts = [];
  const outlines = picture.outlines ?? [];
  outlines.slice(0, 8).forEach((mark) => parts.push(el('li', {}, square(mark.rgb ?? [0, 0, 0]), bdi(mark.label))));
  if (outlines.length > 8) parts.push(el('li', {}, `and ${plural(outlines.length - 8, 'more outline', 'more outlines')}`));
  if (picture.places > 0) parts.push(el('li', {}, square([255, 214, 0]), plural(picture.places, 'place of a finding', 'places of findings')));
  if (picture.heat) parts.push(el('li', {}, square([255, 140, 0]), 'What the score of ', bdi(picture.heat), ' rests on, not what is there'));
  return parts;
}

const spoken = (picture) => [...(picture.outlines ?? []).map((mark) => `outline of ${mark.label}`), picture.places ? plural(picture.places, 'place', 'places') : '',
  picture.heat ? `heat map of ${picture.heat}` : ''].filter(Boolean).join(', ');

function figure(study, job, picture) {
  const source = (name) => `/api/v1/studies/${study}/jobs/${job.id}/images/${encodeURIComponent(name)}`;
  const image = (name, kind, alt) => el('img', { src: source(name), alt, class: kind, width: picture.width, height: picture.height, decoding: 'async' });
  return el('figure', { class: 'picture' },
    el('div', { class: 'stack' }, image(picture.image, 'slice', `${picture.caption}, one slice`), image(picture.marks, 'marks', `Marked by AI: ${spoken(picture) || 'nothing'}`),
      picture.left ? el('span', { class: 'edge edge-left', title: 'Side of the patient' }, picture.left) : null,
      picture.top ? el('span', { class: 'edge edge-top', title: 'Side of the patient' }, picture.top) : null),
    el('figcaption', {}, el('p', {}, bdi(picture.caption)), el('ul', { class: 'legend' }, legend(picture))));
}

function applyMarks() {
  for (const list of document.querySelectorAll('.pictures')) list.classList.toggle('bare', !view.marks);
  for (const box of document.querySelectorAll('.pictures input')) box.checked = view.marks;
}

export function toggleMarks() {
  view.marks = !view.marks;
  applyMarks();
}

export function picturesOf(study, job) {
  const pictures = lists.get(`${job.id} ${job.finished_at}`) ?? [];
  if (pictures.length === 0) return null;
  return el('div', { class: view.marks ? 'pictures' : 'pictures bare' },
    el('div', { class: 'picture-row' }, pictures.map((picture) => figure(study, job, picture))),
    el('label', { class: 'switch' }, el('input', { type: 'checkbox', checked: view.marks, 'data-keep': `marks ${job.id}`, onchange: toggleMarks }),
      'Show what AI marked ', el('kbd', {}, 'o')),
    el('p', { class: 'sub' }, 'Single slices chosen by AI in one window, reduced: for orientation only. Read the images in your viewer.'));
}
