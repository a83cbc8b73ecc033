// SPDX-License-Identifier: Apache-2.0
// What an algorithm is for: intended use, population, limits, thresholds, licence, and whether the card on this node is of
// the model that made the result.
import { api, bdi, el, numberText } from './common.js';

const cards = new Map();  // pipeline → card, null: there is none

export async function takeCards(pipelines) {
  await Promise.all([...new Set(pipelines)].filter((name) => !cards.has(name)).map(async (name) => {
    try {
      cards.set(name, await api(`models/${encodeURIComponent(name)}/card`));
    } catch (error) {
      if (error.status === 404) cards.set(name, null);
    }
  }));
}

const line = (name, value, mono) => (value === '' || value === null || value === undefined ? []
  : [el('dt', {}, name), el('dd', { class: mono ? 'mono' : null }, value instanceof Node ? value : bdi(String(value)))]);
const list = (items) => (Array.isArray(items) && items.length ? el('ul', { class: 'notes' }, items.map((one) => el('li', {}, bdi(String(one))))) : null);

// "LAA-950: from 25 %", "2 nodule with a score of at least 0.5": what makes a finding present.
function thresholdText(finding) {
  const number = (value) => numberText(value, 4);
  const measure = [finding.measure, finding.measurement, finding.value].find((one) => typeof one === 'string') ?? (finding.class ? [finding.class].flat().join(' or ') : 'score');
  if (finding.at_least_percent !== undefined) return `${measure} at least ${number(finding.at_least_percent)} %`;
  if (finding.detections) return `at least ${number(finding.at_least ?? 1)} ${finding.detections} with a score of at least ${number(finding.score_at_least ?? 0)}`;
  const bounds = [['at_least', 'at least'], ['above', 'above'], ['at_most', 'at most'], ['below', 'below']].filter(([key]) => typeof finding[key] === 'number');
  return bounds.length ? `${measure} ${bounds.map(([key, words]) => `${words} ${number(finding[key])}`).join(', ')}` : '';
}

function thresholds(findings) {
  if (!Array.isArray(findings) || findings.length === 0) return null;
  return el('ul', { class: 'notes' }, findings.map((one) => el('li', {}, bdi(one.name ?? one.id), ': ', bdi(thresholdText(one) || 'see the pipeline'),
    one.priority ? ` → asks for ${one.priority}` : ' → asks for no priority')));
}

function eligibility(rules) {
  const text = Object.entries(rules ?? {}).map(([key, value]) => `${key.replaceAll('_', ' ')}: ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  return list(text);
}

function modelCard(model) {
  const card = model.card ?? {};
  return [el('h4', {}, bdi(`Model ${model.name} ${model.version ?? ''}`)), el('dl', { class: 'facts' }, line('Intended use', card.intended_use), line('Population', card.population || 'not stated'),
    line('Method', card.method), line('Training data', card.training_data), line('Limits', list(card.limits)), line('Calibrated', card.calibrated === undefined ? '' : card.calibrated ? 'yes' : 'no'),
    line('Licence', card.licence), line('Precision', model.precision), line('SHA-256', model.sha256, true))];
}

// `used`: SHA-256 of the model that made the result; "" = no result.
export function cardSection(pipeline, version, used) {
  const card = cards.get(pipeline);
  if (!card) return el('p', { class: 'sub' }, 'This node has no card of the pipeline any more.');
  const models = card.models ?? [];
  const other = (used && models.length > 0 && !models.some((one) => one.sha256 === used)) || (version && card.version !== version);
  return el('div', { class: 'card' },
    other ? el('p', { class: 'reason-box' }, `The card is of what this node has now (${pipeline} ${card.version ?? ''}). The result was made by another version or model file: see the hash above.`) : null,
    card.title ? el('h4', {}, bdi(card.title)) : null,
    el('dl', { class: 'facts' }, line('Thresholds', thresholds(card.findings)), line('Looks only at', eligibility(card.eligibility))),
    models.map(modelCard));
}

// The link to the site's viewer; null: none is configured, or it is no web address.
export function viewerLink(template, entry) {
  if (!template) return null;
  if (template.includes('{accession}') && !entry.accession_number) return null;
  const address = template.replaceAll('{study_uid}', encodeURIComponent(entry.study_uid)).replaceAll('{accession}', encodeURIComponent(entry.accession_number));
  if (!/^https?:$/.test(URL.parse ? URL.parse(address)?.protocol : new URL(address).protocol)) return null;
  return el('a', { class: 'viewer', href: address, target: '_blank', rel: 'noopener noreferrer' }, 'Open in the viewer');
}
