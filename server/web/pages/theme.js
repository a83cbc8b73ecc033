// SPDX-License-Identifier: Apache-2.0
// Runs before the first paint, so that the page never flashes in the other theme. "auto" follows the system.
(() => {
  let choice = null;
  try { choice = localStorage.getItem('inferad.theme'); } catch { /* storage may be off: follow the system */ }
  if (choice === 'light' || choice === 'dark') document.documentElement.dataset.theme = choice;
})();
