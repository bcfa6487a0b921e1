// h makes an element: h('p', { class: 'error', hidden: true }, 'text', child).
// Text is always text: no markup in file names can come to life.
export function h(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
    else if (value === true) e.setAttribute(key, '');
    else if (value !== false && value != null) e.setAttribute(key, value);
  }
  e.append(...children.filter((c) => c != null));
  return e;
}

export const $ = (selector, root = document) => root.querySelector(selector);

// say tells a screen reader.
export function say(text) {
  $('#live').textContent = text;
}

// show shows a text in an element, or hides the element if there is none.
export function show(e, text) {
  e.textContent = text ?? '';
  e.hidden = !text;
}
