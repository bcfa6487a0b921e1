// The comparison of a picture before and after.
import { $ } from './dom.js';

const dialog = $('#compare');
const stage = $('.stage', dialog);
const slider = $('input', dialog);

export function compare(title, before, after, figures) {
  $('h2', dialog).textContent = title;
  $('.before', dialog).src = before;
  $('.after', dialog).src = after;
  $('.figures', dialog).textContent = figures;
  move(50);
  dialog.showModal();
  slider.focus();
}

function move(percent) {
  slider.value = percent;
  stage.style.setProperty('--at', `${percent}%`);
}

slider.addEventListener('input', () => move(slider.value));
$('[data-close]', dialog).addEventListener('click', () => dialog.close());
dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });
