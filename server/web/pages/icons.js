// SPDX-License-Identifier: Apache-2.0
// Icons on a 16 × 16 grid, drawn here. Each stands beside a word and is hidden from screen readers.
const SVG = 'http://www.w3.org/2000/svg';

const PATHS = {
  stat: ['M3 8.2 8 3.2l5 5', 'M3 13 8 8l5 5'],
  high: ['M3 10.5 8 5.5l5 5'],
  routine: ['M3.5 8h9'],
  low: ['M3 5.5l5 5 5-5'],
  raised: ['M8 13V3.5', 'M4 7.2 8 3.2l4 4'],
  receiving: ['M8 2.5v7', 'M5 6.8 8 9.8l3-3', 'M2.5 10.5v3h11v-3'],
  pending: ['M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2z', 'M8 5v3.2l2.2 1.6'],
  running: ['M8 2.2A5.8 5.8 0 1 1 2.2 8', 'M6.6 5.6v4.8L10.6 8z'],
  done: ['M3 8.6l3.2 3.2L13 4.8'],
  not_analysed: ['M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2z', 'M4 12 12 4'],
  not_applicable: ['M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2z', 'M5 8h6'],
  failed: ['M8 2.4 14.2 13.4H1.8z', 'M8 6.4v3.2', 'M8 11.4v.2'],
  superseded: ['M2.8 8a5.2 5.2 0 1 1 1.6 3.7', 'M2.6 12.4 4.4 11.6l.8 1.8'],
  waiting: ['M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2z', 'M8 5v3.2l2.2 1.6'],
  sending: ['M2.5 8h9.5', 'M8.6 4.4 12.2 8l-3.6 3.6'],
  delivered: ['M3 8.6l3.2 3.2L13 4.8'],
  parked: ['M8 2.4 14.2 13.4H1.8z', 'M8 6.4v3.2', 'M8 11.4v.2'],
  disagree: ['M4 4l8 8', 'M12 4l-8 8'],
  comment: ['M2.5 3h11v7.5H7.5L4.5 13.2v-2.7h-2z'],
  back: ['M10 3 5 8l5 5'],
  info: ['M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2z', 'M8 7.4v3.6', 'M8 5v.2'],
  light: ['M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z', 'M8 1.4v1.2M8 13.4v1.2M1.4 8h1.2M13.4 8h1.2M3.3 3.3l.9.9M11.8 11.8l.9.9M12.7 3.3l-.9.9M4.2 11.8l-.9.9'],
  dark: ['M12.8 9.8A5.4 5.4 0 1 1 6.2 3.2a4.4 4.4 0 0 0 6.6 6.6z'],
  auto: ['M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2z', 'M8 2.4v11.2', 'M8 4.6h4.4M8 7h5.5M8 9.4h5.4M8 11.8h4'],
};

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  for (const d of PATHS[name] ?? PATHS.info) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}
