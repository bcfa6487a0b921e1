// Words and figures for people.

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];

// size says how large something is, with three digits at most.
export function size(bytes) {
  let i = 0;
  let n = bytes;
  while (n >= 999.5 && i < units.length - 1) { n /= 1000; i++; }
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toPrecision(n >= 10 ? 3 : 2)} ${units[i]}`;
}

// length says how long a recording is.
export function length(seconds) {
  const s = Math.round(seconds);
  const parts = [Math.floor(s / 60) % 60, s % 60].map((n) => String(n).padStart(2, '0'));
  return s >= 3600 ? `${Math.floor(s / 3600)}:${parts.join(':')}` : `${Number(parts[0])}:${parts[1]}`;
}

// saved says what became of the size.
export function saved(percent) {
  if (Math.abs(percent) < 1) return 'same size';
  return percent > 0 ? `${Math.round(percent)} % smaller` : `${Math.round(-percent)} % larger`;
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

// ago says when something was.
export function ago(time) {
  const s = (new Date(time) - Date.now()) / 1000;
  for (const [unit, n] of [['day', 86400], ['hour', 3600], ['minute', 60]]) {
    if (-s >= n) return relative.format(Math.round(s / n), unit);
  }
  return 'just now';
}

export const count = (n, one, many) => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

const toolNames = {
  'convert': 'Convert', 'compress': 'Make smaller', 'extract-audio': 'Extract the sound',
  'trim': 'Cut a clip', 'gif': 'Animated picture', 'inspect': 'Inspect',
  'pdf-preview': 'Picture of a page', 'poster-frame': 'Poster frame',
  'strip-metadata': 'Remove metadata', 'concat': 'Join films', 'concat-audio': 'Join sounds',
  'archive': 'Pack', 'extract': 'Unpack', 'stream': 'For streaming', 'chain': 'Several steps',
  'image-to-pdf': 'Pictures to PDF', 'vectorize': 'Trace to SVG',
};

// What most people look for comes first.
const order = ['convert', 'compress', 'thumbnail', 'transform', 'adjust', 'watermark', 'trim', 'gif',
  'extract-audio', 'strip-metadata', 'inspect'];

export function inOrder(tools) {
  const rank = (t) => (order.includes(t.name) ? order.indexOf(t.name) : order.length);
  return [...tools].sort((a, b) => rank(a) - rank(b));
}

export const toolName = (tool) => toolNames[tool] ?? words(tool);

const fieldNames = { bitrateKbps: 'Bit rate', fps: 'Frames a second', blurHash: 'BlurHash',
  minSSIM: 'Similarity (SSIM)', autoQuality: 'Find the quality', accept: 'Accept header' };

export const fieldName = (field) => fieldNames[field] ?? words(field);

// words makes "Crop left" of cropLeft and crop-left.
function words(name) {
  const text = name.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('-', ' ').toLowerCase();
  return text[0].toUpperCase() + text.slice(1);
}

export const unitOf = {
  width: 'pixels', height: 'pixels', cropLeft: 'pixels', cropTop: 'pixels', cropWidth: 'pixels',
  cropHeight: 'pixels', margin: 'pixels', watermarkWidth: 'pixels', fontSize: 'pixels',
  start: 'seconds', duration: 'seconds', timestamp: 'seconds', interval: 'seconds',
  fadeIn: 'seconds', fadeOut: 'seconds', gap: 'seconds', bitrateKbps: 'kbit/s',
  rotate: 'degrees', hue: 'degrees', targetBytes: 'bytes',
};

const statusNames = { pending: 'Waiting', processing: 'Working', completed: 'Done', failed: 'Failed' };

export function statusName(job) {
  return job.cancelled ? 'Cancelled' : statusNames[job.status] ?? job.status;
}
