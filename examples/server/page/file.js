// One file of a job: what it was and what became of it.
import { h } from './dom.js';
import { local } from './api.js';
import { compare } from './compare.js';
import { count, length, saved, size } from './words.js';

const shown = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'];
const played = ['video/mp4', 'video/webm'];

// fileRow returns an element for the file, with a method update.
export function fileRow(file) {
  const bar = h('progress', { max: 100, value: 0, 'aria-label': `Progress of ${file.filename}` });
  const left = h('span', { class: 'left' });
  const row = h('li', { class: 'file' });
  let state;
  row.update = (f) => {
    bar.value = f.progress;
    const next = JSON.stringify([f.status, f.outputs.length, f.errorMessage, f.mimeType, f.filename]);
    if (next === state) return; // so that players play on
    state = next;
    left.textContent = '';
    row.replaceChildren(...parts(f, bar, left));
  };
  row.progress = (event) => {
    bar.value = event.progress;
    left.textContent = event.secondsLeft ? `${length(event.secondsLeft)} left` : '';
  };
  row.update(file);
  return row;
}

function parts(f, bar, left) {
  const output = f.outputs[0];
  const list = [thumb(f, output), h('span', { class: 'name' }, title(f))];
  if (f.status === 'processing') {
    list.push(h('span', { class: 'figures' }, size(f.size), bar, left));
  } else if (output) {
    list.push(figures(f, output), buttons(f, output));
    const player = playerOf(output);
    if (player) list.push(player);
    list.push(...f.outputs.slice(1).map((o) => h('p', { class: 'wide notes' }, link(o, o.filename), ` ${size(o.finalSize)}`)));
    if (output.notes?.length) list.push(notes(output.notes));
  } else {
    list.push(h('span', { class: f.status === 'failed' && !f.cancelled ? 'why' : 'figures' }, state(f)));
  }
  return list;
}

function title(f) {
  const name = f.filename || 'a file from the web';
  return f.outputs.length > 0 && f.outputs[0].filename !== name ? `${name} → ${f.outputs[0].filename}` : name;
}

function state(f) {
  if (f.cancelled) return 'Cancelled';
  if (f.errorMessage && f.status === 'pending') return `Will be tried again: ${f.errorMessage}`;
  if (f.errorMessage) return f.errorMessage;
  return f.size > 0 ? `${size(f.size)}, waiting` : 'Waiting';
}

function thumb(f, output) {
  const type = output?.mimeType ?? f.mimeType ?? '';
  const label = (output?.filename ?? f.filename ?? '').split('.').pop().slice(0, 5);
  const box = h('span', { class: 'thumb' }, label);
  const source = output?.downloadUrl ?? f.inputUrl;
  let picture;
  if (source && shown.includes(type)) {
    picture = h('img', { src: local(source, true), alt: '', loading: 'lazy' });
  } else if (source && played.includes(type)) { // its picture after a second
    picture = h('video', { src: `${local(source, true)}#t=1`, muted: true, preload: 'metadata', 'aria-hidden': 'true' });
  }
  if (picture) {
    picture.onerror = () => box.replaceChildren(label);
    box.replaceChildren(picture);
  }
  return box;
}

function figures(f, o) {
  const text = [];
  if (o.width) text.push(`${o.width} × ${o.height}`);
  if (o.duration) text.push(length(o.duration));
  text.push(f.size ? `${size(f.size)} → ${size(o.finalSize)}` : size(o.finalSize));
  const change = saved(o.savedPercent);
  return h('span', { class: 'figures' }, `${text.join(' · ')} · `,
    o.savedPercent >= 1 ? h('b', {}, change) : change);
}

function link(o, text, more = {}) {
  return h('a', { href: local(o.downloadUrl), download: o.filename, ...more }, text);
}

function buttons(f, o) {
  const list = [];
  if (f.inputUrl && shown.includes(f.mimeType) && shown.includes(o.mimeType)) {
    list.push(h('button', {
      type: 'button', class: 'quiet', 'aria-label': `Compare ${f.filename} before and after`,
      onclick: () => compare(title(f), local(f.inputUrl, true), local(o.downloadUrl, true),
        `Before ${size(f.size)}, after ${size(o.finalSize)}: ${saved(o.savedPercent)}.`),
    }, 'Compare'));
  }
  list.push(link(o, 'Download', { class: 'button', 'aria-label': `Download ${o.filename}` }));
  return h('span', { class: 'buttons' }, ...list);
}

function playerOf(o) {
  const kind = o.mimeType.split('/')[0];
  if (kind !== 'video' && kind !== 'audio') return null;
  const player = h(kind, {
    class: 'player', src: local(o.downloadUrl, true), controls: true, preload: 'metadata',
    'aria-label': o.filename,
  });
  player.onerror = () => player.replaceWith(h('p', { class: 'notes' }, 'This browser cannot play the format.'));
  return h('div', { class: 'wide' }, player);
}

function notes(list) {
  return h('details', { class: 'wide notes' }, h('summary', {}, count(list.length, 'note', 'notes')),
    h('ul', {}, ...list.map((n) => h('li', {}, n))));
}
