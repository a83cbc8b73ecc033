// SPDX-License-Identifier: Apache-2.0
// Who reads at this screen: typed once, kept in this browser, and sent with what the reader does.
const KEY = 'inferad.reader';
let typed = null;  // when the browser keeps nothing

export function readerName() {
  try { return (typed ?? localStorage.getItem(KEY) ?? '').trim(); } catch { return typed ?? ''; }
}

export function rememberReader(name) {
  typed = name.trim();
  try { localStorage.setItem(KEY, typed); } catch { /* lasts as long as the page */ }
}
