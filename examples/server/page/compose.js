// The upper half of the page: files on their way to a job.
import { $, h, say, show } from './dom.js';
import { upload } from './api.js';
import { fieldsOf, fill } from './form.js';
import { count, inOrder, size, toolName } from './words.js';

const form = $('#compose');
const chosen = []; // { file } or { address }, each with its row
let tools = [];
let limits = {};
let current; // the chosen tool
let sending; // an AbortController while an upload is under way

// start makes the form work. onStarted is called with the id of each new job.
export function start(offer, onStarted) {
  tools = inOrder(offer.tools);
  limits = offer;
  $('#tools').replaceChildren(...tools.map(toolChoice));
  choose(tools.find((t) => t.name === 'convert') ?? tools[0]);
  form.onsubmit = (e) => {
    e.preventDefault();
    if (document.activeElement === $('#address')) addAddress(); // Enter
    else submit(onStarted);
  };
}

function toolChoice(t) {
  const radio = h('input', { type: 'radio', name: 'tool', value: t.name, onchange: () => choose(t) });
  t.radio = radio;
  return h('label', {}, radio, h('span', {}, toolName(t.name)));
}

function choose(t) {
  if (!t) return;
  current = t;
  t.radio.checked = true;
  $('#fields').replaceChildren(...fieldsOf(t));
}

// add takes files and addresses.
function add(items) {
  show($('#compose-error'));
  for (const item of items) {
    if (chosen.length >= limits.maxFiles) {
      show($('#compose-error'), `At most ${count(limits.maxFiles, 'file', 'files')} fit in one job.`);
      break;
    }
    if (item.file?.size > limits.maxFileSize) {
      show($('#compose-error'), `${item.file.name} is larger than ${size(limits.maxFileSize)}.`);
      continue;
    }
    chosen.push(item);
    if (chosen.length <= 200) {
      item.row = row(item);
      $('#chosen').append(item.row);
    }
  }
  changed();
}

function row(item) {
  const name = item.file?.name ?? item.address;
  const thumb = h('span', { class: 'thumb' }, (name.split('.').pop() ?? '').slice(0, 4));
  if (item.file?.type.startsWith('image/')) {
    item.picture = URL.createObjectURL(item.file);
    const picture = h('img', { src: item.picture, alt: '' });
    picture.onload = () => thumb.replaceChildren(picture);
  }
  const remove = h('button', {
    type: 'button', class: 'quiet', 'aria-label': `Remove ${name}`, onclick: () => drop(item),
  }, 'Remove');
  return h('li', {}, thumb, h('span', { class: 'name', title: name }, name),
    h('span', { class: 'size hint' }, item.file ? size(item.file.size) : 'from the web'), remove);
}

function drop(item) {
  chosen.splice(chosen.indexOf(item), 1);
  const inside = item.row?.contains(document.activeElement);
  const next = item.row?.nextElementSibling ?? item.row?.previousElementSibling;
  item.row?.remove();
  if (inside) (next ? $('button', next) : $('#pick')).focus();
  if (item.picture) URL.revokeObjectURL(item.picture);
  changed();
}

function clear() {
  for (const item of [...chosen]) drop(item);
}

function changed() {
  form.classList.toggle('filled', chosen.length > 0);
  $('#settings').hidden = chosen.length === 0;
  const types = chosen.map((c) => c.file?.type).filter(Boolean);
  const fits = (t) => types.length === 0 || t.accepts.includes('*/*')
    || types.some((type) => t.accepts.includes(type));
  // What a browser takes a file for may be wrong: what does not fit can still be had.
  const others = tools.filter((t) => !fits(t));
  $('#tools').replaceChildren(...tools.filter(fits).map((t) => t.radio.parentElement));
  $('#others .pills').replaceChildren(...others.map((t) => t.radio.parentElement));
  $('#others').hidden = others.length === 0;
  $('#others').open = others.includes(current);
  const bytes = chosen.reduce((sum, c) => sum + (c.file?.size ?? 0), 0);
  $('#start').textContent = chosen.length > 1
    ? `Start with ${count(chosen.length, 'file', 'files')}, ${size(bytes)}` : 'Start';
}

async function submit(onStarted) {
  if (sending || chosen.length === 0) return;
  const data = new FormData();
  for (const c of chosen) {
    if (c.file) data.append('file', c.file, c.file.name);
    else data.append('sourceUrl', c.address);
  }
  data.append('async', 'true');
  fill(data, $('#fields'), current);
  show($('#compose-error'));
  busy(true);
  try {
    const job = await upload(`/api/media/${current.name}`, data, progress, sending.signal);
    clear();
    say('The job has been started.');
    onStarted(job.jobId);
  } catch (e) {
    show($('#compose-error'), e.message);
  } finally {
    busy(false);
  }
}

function busy(on) {
  sending = on ? new AbortController() : undefined;
  $('#start').disabled = on;
  $('#upload').hidden = !on;
  $('#clear').textContent = on ? 'Stop' : 'Clear';
  if (on) progress(0);
}

function progress(fraction) {
  $('#upload progress').value = fraction;
  $('#upload span').textContent = fraction < 1
    ? `Uploading, ${Math.floor(fraction * 100)} %` : 'Storing…';
}

function addAddress() {
  const box = $('#address');
  if (!box.value || !box.reportValidity()) return;
  add([{ address: box.value }]);
  box.value = '';
}

const filesOf = (list) => [...list].map((file) => ({ file }));

$('#pick').onchange = (e) => { add(filesOf(e.target.files)); e.target.value = ''; };
$('#clear').onclick = () => {
  if (sending) return sending.abort();
  clear();
  $('#pick').focus(); // the button is no longer there
};
$('#add-address').onclick = addAddress;

// The whole page takes what is dropped on it.
let depth = 0;
const over = (on) => $('#drop').classList.toggle('over', on);
addEventListener('dragenter', (e) => { e.preventDefault(); depth++; over(true); });
addEventListener('dragleave', () => { depth = Math.max(0, depth - 1); over(depth > 0); });
addEventListener('dragover', (e) => e.preventDefault());
addEventListener('drop', (e) => {
  e.preventDefault();
  depth = 0;
  over(false);
  if (!tools.length) return;
  if (e.dataTransfer.files.length > 0) add(filesOf(e.dataTransfer.files));
  else if (/^https?:/.test(e.dataTransfer.getData('text'))) add([{ address: e.dataTransfer.getData('text') }]);
});
addEventListener('paste', (e) => {
  if (!tools.length || e.target.matches('input, textarea')) return;
  if (e.clipboardData.files.length > 0) add(filesOf(e.clipboardData.files));
  else if (/^https?:\/\/\S+$/.test(e.clipboardData.getData('text'))) add([{ address: e.clipboardData.getData('text') }]);
});
addEventListener('beforeunload', (e) => { if (sending) e.preventDefault(); });
