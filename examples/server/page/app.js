// The page: sign in, then files above and jobs below.
import { $, show } from './dom.js';
import { call, follow } from './api.js';
import { start } from './compose.js';
import { JobCard } from './job.js';

const cards = new Map(); // by id
const list = $('#job-list');
let status = '';
let offset = 0;

// The server prints an address with the key behind "#", which stays in the browser.
async function signInFromAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (!key) return;
  history.replaceState(null, '', location.pathname);
  await call('POST', '/api/session', { key });
}

async function begin() {
  let offer;
  try {
    await signInFromAddress();
    offer = await call('GET', '/api/media');
  } catch (e) {
    return askForKey(e.status === 401 ? '' : e.message);
  }
  $('#sign-in').hidden = true;
  $('#work').hidden = $('#sign-out').hidden = false;
  start(offer, started);
  // Events first: nothing that happens while the list is read is missed.
  follow(onEvent, onState);
  await reload();
}

function askForKey(message) {
  $('#sign-in').hidden = false;
  show($('#sign-in .error'), message);
  $('#key').focus();
}

$('#sign-in form').onsubmit = async (e) => {
  e.preventDefault();
  try {
    await call('POST', '/api/session', { key: $('#key').value });
    await begin();
  } catch (failure) {
    askForKey(failure.message);
  }
};

$('#sign-out').onclick = async () => {
  await call('DELETE', '/api/session');
  location.reload();
};

async function reload() {
  offset = 0;
  const { jobs } = await fetchJobs();
  list.replaceChildren();
  cards.clear();
  jobs.forEach((job, i) => append(job, i === 0 || job.status === 'processing'));
  empty();
}

async function fetchJobs() {
  const page = await call('GET', `/api/jobs?limit=20&offset=${offset}&status=${status}`);
  offset += page.jobs.length;
  $('#older').hidden = !page.pagination.hasMore;
  return page;
}

function append(job, open) {
  if (cards.has(job.jobId)) return;
  const card = new JobCard(job, open);
  cards.set(job.jobId, card);
  list.append(card.element);
}

// started goes on with a job that was started here, for whoever uses the keyboard.
async function started(id) {
  await appear(id);
  const card = cards.get(id);
  if (card) card.focus();
  else $('#jobs').focus();
}

// Jobs that are about to appear, by id: whether their state has changed since they were
// asked for, and the promise of their cards.
const coming = new Map();

// appear shows a job that is new, open, above the others.
async function appear(id) {
  if (cards.has(id)) return;
  if (!coming.has(id)) {
    const wait = { changed: false };
    wait.shown = bring(id, wait).finally(() => coming.delete(id));
    coming.set(id, wait);
  }
  await coming.get(id).shown;
}

async function bring(id, wait) {
  let job;
  do {
    wait.changed = false;
    job = await call('GET', `/api/jobs/${id}?results=false`);
  } while (wait.changed);
  if (cards.has(id) || (status && status !== job.status)) return;
  const card = new JobCard(job, true);
  cards.set(id, card);
  list.prepend(card.element);
  offset++;
  empty();
  if (!card.live) card.tellState();
}

function empty() {
  const nothing = list.children.length === 0;
  show($('#no-jobs'), nothing ? (status ? 'No job is in this state.' : 'Nothing here yet. What you start appears here.') : '');
}

function onEvent(event) {
  if (event.type === 'reset') return void reload();
  const card = cards.get(event.jobId);
  if (event.type === 'created') return void appear(event.jobId);
  const wait = coming.get(event.jobId);
  if (wait && (event.status || event.type === 'deleted')) wait.changed = true;
  if (!card) return;
  if (event.type === 'progress') return card.progress(event);
  if (event.type === 'deleted') {
    card.leave();
    cards.delete(event.jobId);
    return empty();
  }
  card.refresh();
}

let lost = false;
function onState(connected) {
  show($('#connection'), connected ? '' : 'Connection lost. Trying again…');
  if (connected && lost) {
    for (const card of cards.values()) card.refresh();
  }
  lost = !connected;
}

$('.filter').onchange = (e) => { status = e.target.value; reload(); };
$('#older').onclick = async () => {
  const { jobs } = await fetchJobs();
  for (const job of jobs) append(job, false);
};
setInterval(() => { for (const card of cards.values()) card.tick(); }, 30_000);

begin();
