// The form of a tool is made from the fields of its operation.
import { h } from './dom.js';
import { fieldName, unitOf } from './words.js';

// Fields that most people look for come first; the rest is behind "More settings".
const first = ['format', 'preset', 'resize', 'mode', 'quality', 'width', 'height', 'start', 'duration',
  'text', 'logo', 'position', 'bitrateKbps', 'timestamp', 'brightness', 'contrast', 'saturation',
  'targetBytes', 'page', 'fps', 'frames', 'steps', 'outputs', 'lossless'];

// fieldsOf returns the elements for the tool's fields.
export function fieldsOf(tool) {
  const known = (f) => first.includes(f.name);
  const rank = (f) => (known(f) ? first.indexOf(f.name) : first.length);
  const fields = [...tool.fields].sort((a, b) => rank(a) - rank(b));
  const grid = (list, ...rest) => [
    h('div', { class: 'grid' }, ...list.filter((f) => f.kind !== 'boolean').map(field), ...rest),
    h('div', { class: 'checks' }, ...list.filter((f) => f.kind === 'boolean').map(field)),
  ];
  const more = fields.filter((f) => !known(f));
  const parts = [];
  if (fields.some(known)) parts.push(...grid(fields.filter(known)));
  parts.push(h('details', { class: 'more' }, h('summary', {}, 'More settings'),
    ...grid(more, ...callback())));
  return parts;
}

function callback() {
  return [
    text({ name: 'callbackUrl' }, 'Callback address', 'Called when the job has ended.', 'url'),
    text({ name: 'callbackSecret' }, 'Callback secret', 'What the call is signed with.', 'text'),
  ];
}

function field(f) {
  switch (f.kind) {
    case 'boolean': return check(f);
    case 'choice': return choice(f);
    case 'integer': case 'number': return number(f);
    case 'blob': return wrap(f, input(f, { type: 'file' }));
    case 'json': return wrap(f, h('textarea', attributes(f, { spellcheck: 'false' })), 'As JSON.', 'wide');
    case 'colour': return text(f, fieldName(f.name), 'A colour such as #ffffff.', 'text', '#[0-9a-fA-F]{6}');
    default: return text(f, fieldName(f.name), '', 'text');
  }
}

const id = (f) => `field-${f.name}`;

function attributes(f, more) {
  return { id: id(f), name: f.name, ...more };
}

const input = (f, more) => h('input', attributes(f, more));

function wrap(f, control, hint, extra = '', label = fieldName(f.name)) {
  if (hint) control.setAttribute('aria-describedby', `${id(f)}-hint`);
  const unit = unitOf[f.name];
  return h('div', { class: `field ${extra}` },
    h('label', { for: id(f) }, label, unit ? h('small', {}, unit) : null), control,
    hint ? h('span', { class: 'hint', id: `${id(f)}-hint` }, hint) : null);
}

function text(f, label, hint, type, pattern) {
  return wrap(f, input(f, { type, pattern, placeholder: f.default ?? '', autocomplete: 'off' }), hint, '', label);
}

function check(f) {
  const box = input(f, { type: 'checkbox', value: 'true', checked: f.default === true });
  box.dataset.default = String(f.default === true);
  return h('div', { class: 'field check' }, box, h('label', { for: id(f) }, fieldName(f.name)));
}

function choice(f) {
  const options = f.choices.map((c) => h('option', { value: c, selected: c === f.default }, c));
  if (f.default == null && !f.required) options.unshift(h('option', { value: '', selected: true }, 'as it is'));
  return wrap(f, h('select', attributes(f), ...options));
}

function number(f) {
  const step = f.kind === 'integer' ? 1 : 'any';
  const box = input(f, {
    type: 'number', min: f.least, max: f.most, step, placeholder: f.default ?? 'as it is',
  });
  if (f.kind === 'integer' && f.most <= 100 && f.default != null) return slider(f, box);
  const range = f.most != null && f.most < 65535 && f.name !== 'rotate' ? `${f.least} to ${f.most}` : '';
  return wrap(f, box, range);
}

// slider adds a slider to a number; the number is what is sent.
function slider(f, box) {
  box.value = f.default;
  const range = h('input', {
    type: 'range', min: f.least, max: f.most, value: f.default, 'aria-label': `${fieldName(f.name)}, slider`,
  });
  range.addEventListener('input', () => { box.value = range.value; });
  box.addEventListener('input', () => { if (box.value) range.value = box.value; });
  return h('div', { class: 'field' }, h('label', { for: id(f) }, fieldName(f.name)),
    h('div', { class: 'with-value' }, range, box));
}

// fill adds to data what the form says that is not the default.
export function fill(data, root, tool) {
  for (const e of root.querySelectorAll('[name]')) {
    const f = tool.fields.find((one) => one.name === e.name);
    if (e.type === 'checkbox') {
      if (String(e.checked) !== e.dataset.default) data.append(e.name, String(e.checked));
    } else if (e.type === 'file') {
      if (e.files.length > 0) data.append(e.name, e.files[0]);
    } else if (e.value !== '' && (f?.required || e.value !== String(f?.default ?? ''))) {
      data.append(e.name, e.value);
    }
  }
}
