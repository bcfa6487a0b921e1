// The server's API. The session's cookie goes with every request.

export class Failure extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Failure(0, 'The server cannot be reached. Is it running?');
  }
  if (answer.status === 204) return null;
  return read(answer.status, await answer.text());
}

function read(status, text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure(status, `The server answered with status ${status}.`);
  }
  if (status >= 400) throw new Failure(status, value.error ?? `Status ${status}.`);
  return value;
}

// upload sends a form. fetch cannot tell how much has been sent, so it is not used.
export function upload(path, form, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const r = new XMLHttpRequest();
    r.open('POST', path);
    r.upload.onprogress = (e) => e.lengthComputable && onProgress(e.loaded / e.total);
    r.onload = () => {
      try {
        resolve(read(r.status, r.responseText));
      } catch (e) {
        reject(e);
      }
    };
    r.onerror = () => reject(new Failure(0, 'The upload was cut off. Nothing was started.'));
    r.onabort = () => reject(new Failure(0, 'The upload was stopped. Nothing was started.'));
    signal.addEventListener('abort', () => r.abort());
    r.send(form);
  });
}

// local makes a link of the server one of this page, whatever name the server has.
export function local(link, inline) {
  const u = new URL(link);
  if (inline) u.searchParams.set('inline', 'true');
  return u.pathname + u.search;
}

const kinds = ['created', 'started', 'file.started', 'file.completed', 'file.failed',
  'file.retrying', 'completed', 'failed', 'cancelled', 'retried', 'deleted', 'progress', 'reset'];

// follow calls onEvent with whatever happens to the jobs of the account, and
// onState with whether the server can be heard. The browser comes back by itself,
// with the last event that it has seen; unless the server was not there at all.
export function follow(onEvent, onState) {
  let source;
  let timer;
  const open = () => {
    source = new EventSource('/api/events');
    source.onopen = () => onState(true);
    source.onerror = () => {
      onState(false);
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 2000);
    };
    for (const kind of kinds) {
      source.addEventListener(kind, (e) => onEvent({ type: kind, ...JSON.parse(e.data) }));
    }
  };
  open();
  return () => { clearTimeout(timer); source.close(); };
}
