// The page: sign in, then files above and jobs below.
import { $, say, show } from './dom.js';
import { call, follow } from './api.js';
import { start } from './compose.js';
import { JobCard } from './job.js';
import { statusName } from './words.js';

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

// Jobs that are about to appear, and whether an event of theirs came meanwhile.
const coming = new Map();

// appear shows a job that is new, open, above the others.
async function appear(id) {
  if (cards.has(id)) return;
  if (!coming.has(id)) {
    const job = { missed: false };
    job.shown = bring(id, job).finally(() => coming.delete(id));
    coming.set(id, job);
  }
  await coming.get(id).shown;
}

async function bring(id, state) {
  let job;
  do {
    state.missed = false;
    job = await call('GET', `/api/jobs/${id}?results=false`);
  } while (state.missed);
  if (cards.has(id) || (status && status !== job.status)) return;
  const card = new JobCard(job, true);
  cards.set(id, card);
  list.prepend(card.element);
  offset++;
  empty();
  if (!['pending', 'processing'].includes(job.status)) tellEnd(card, job);
}

// tellEnd tells a screen reader what has become of a job.
function tellEnd(card, job) {
  say(`${card.title.textContent}: ${statusName(job)}.`);
}

function empty() {
  const nothing = list.children.length === 0;
  show($('#no-jobs'), nothing ? (status ? 'No job is in this state.' : 'Nothing here yet. What you start appears here.') : '');
}

function onEvent(event) {
  if (event.type === 'reset') return void reload();
  const card = cards.get(event.jobId);
  if (event.type === 'created') return void appear(event.jobId);
  if (coming.has(event.jobId)) coming.get(event.jobId).missed = true;
  if (!card) return;
  if (event.type === 'progress') return card.progress(event);
  if (event.type === 'deleted') {
    card.leave();
    cards.delete(event.jobId);
    return empty();
  }
  if (event.status) {
    const job = { status: event.status, cancelled: event.type === 'cancelled' };
    tellEnd(card, job);
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
