// One job of the list.
import { $, h, say, show } from './dom.js';
import { call, local } from './api.js';
import { fileRow } from './file.js';
import { ago, count, statusName, toolName } from './words.js';

const page = 50; // files that are shown at once

// JobCard is the element of a job and what it knows.
export class JobCard {
  constructor(job, open) {
    this.id = job.jobId;
    this.rows = new Map(); // by index
    this.limit = page;
    this.told = 0; // percent that a screen reader was told
    this.title = h('h3');
    this.when = h('span', { class: 'when' });
    this.status = h('span', { class: 'status' });
    this.bar = h('progress', { max: 100, value: 0, 'aria-label': 'Progress of the job' });
    this.trouble = h('p', { class: 'trouble', hidden: true });
    this.files = h('ol', { class: 'files' });
    this.more = h('button', { type: 'button', class: 'quiet', hidden: true, onclick: () => this.showMore() }, 'Show more files');
    this.deliveries = h('div', { class: 'deliveries', hidden: true });
    this.actions = h('div', { class: 'actions' });
    this.details = h('details', { open }, h('summary', {}, this.title, this.when, this.status,
      h('span', { class: 'chevron', 'aria-hidden': 'true' }), this.bar),
    h('div', { class: 'body' }, this.trouble, this.files, this.more, this.deliveries, this.actions));
    this.details.addEventListener('toggle', () => this.details.open && this.load());
    this.element = h('li', { class: 'job' }, this.details);
    this.element.dataset.id = this.id;
    this.update(job);
  }

  update(job) {
    const before = this.job;
    this.job = job;
    this.element.className = `job is-${job.cancelled ? 'cancelled' : job.status}`;
    this.title.textContent = title(job);
    this.tick();
    const working = job.status === 'processing';
    this.status.textContent = working && job.totalFiles > 1
      ? `${job.completedFiles + job.failedFiles} of ${job.totalFiles}` : statusName(job);
    if (job.status === 'failed' && job.completedFiles > 0 && !job.cancelled) {
      this.status.textContent = `${job.failedFiles} of ${job.totalFiles} failed`;
    }
    this.bar.hidden = !working;
    this.bar.value = job.progress;
    if (working) this.tell(job.progress);
    // With one file the reason stands beside it.
    show(this.trouble, job.totalFiles > 1 && job.completedFiles === 0 ? job.errorMessage : '');
    this.showActions(job);
    if (before && statusName(before) !== statusName(job)) this.tellState();
  }

  // tellState tells a screen reader what has become of the job. Its name may be known
  // only now.
  tellState() { say(`${title(this.job)}: ${statusName(this.job)}.`); }

  // live says that the job has not ended.
  get live() { return this.job.status === 'pending' || this.job.status === 'processing'; }

  // tick says anew how long ago the job was.
  tick() {
    this.when.textContent = `${work(this.job)} · ${ago(this.job.createdAt)}`;
  }

  // tell tells a screen reader how far the job is, at each quarter.
  tell(percent) {
    const quarter = Math.floor(percent / 25) * 25;
    if (quarter === this.told) return;
    this.told = quarter;
    if (quarter > 0 && quarter < 100) say(`${title(this.job)}: ${quarter} %.`);
  }

  focus() { $('summary', this.element).focus(); }

  // leave removes the element. Whoever works with the keyboard goes on at the next job.
  leave() {
    const inside = this.element.contains(document.activeElement);
    const next = this.element.nextElementSibling ?? this.element.previousElementSibling;
    this.element.remove();
    if (inside) (next ? $('summary', next) : $('#jobs')).focus();
  }

  // refresh asks the server how the job is, at most every half a second.
  refresh() {
    if (this.timer) { this.again = true; return; }
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.again) { this.again = false; this.refresh(); }
    }, 500);
    this.now();
  }

  async now() {
    try {
      this.update(await call('GET', `/api/jobs/${this.id}?results=false`));
      if (this.details.open) await this.load();
    } catch (e) {
      if (e.status === 404) this.leave();
    }
  }

  // load gets the files that are shown.
  async load() {
    const { files, pagination } = await call('GET', `/api/jobs/${this.id}/files?limit=${this.limit}`);
    for (const f of files) {
      const row = this.rows.get(f.index);
      if (row) row.update(f);
      else {
        const made = fileRow(f);
        this.rows.set(f.index, made);
        this.files.append(made);
      }
    }
    this.more.hidden = !pagination.hasMore;
    if (this.job.callback) await this.loadDeliveries();
  }

  showMore() {
    this.limit = Math.min(1000, this.limit * 4);
    this.load();
  }

  // progress shows how far one file is.
  progress(event) {
    this.rows.get(event.file)?.progress(event);
    if (this.job.totalFiles !== 1) return;
    this.bar.value = event.progress;
    this.tell(event.progress);
  }

  showActions(job) {
    const list = [];
    if (job.completedFiles > 1 || (job.completedFiles === 1 && job.totalFiles > 1)) {
      list.push(h('a', { class: 'button', href: `/api/jobs/${job.jobId}/archive`, download: true }, 'Download all as zip'));
    }
    if (this.live) list.push(this.button('Cancel', () => this.do('cancel', 'Cancelled.')));
    if (job.status === 'failed') list.push(this.button('Try again', () => this.do('retry', 'Trying again.')));
    list.push(h('span', { class: 'spacer' }));
    if (!this.live) list.push(this.remover());
    const names = list.map((e) => e.textContent).join();
    if (names === this.names) return; // keeps the focus where it is
    this.names = names;
    const inside = this.actions.contains(document.activeElement);
    this.actions.replaceChildren(...list);
    if (inside) this.focus(); // what was pressed is no longer there
  }

  button(text, onclick, kind = '') {
    return h('button', { type: 'button', class: kind, 'aria-label': `${text}: ${title(this.job)}`, onclick }, text);
  }

  async do(what, said) {
    try {
      this.update(await call('POST', `/api/jobs/${this.id}/${what}`));
      say(said);
      await this.load();
    } catch (e) {
      show(this.trouble, e.message);
    }
  }

  // remover asks once more before it removes.
  remover() {
    const b = this.button('Remove', async () => {
      if (b.dataset.sure !== 'yes') {
        b.dataset.sure = 'yes';
        b.textContent = 'Remove with all its files?';
        b.classList.add('danger');
        return;
      }
      try {
        await call('DELETE', `/api/jobs/${this.id}?purge=true`);
        this.leave();
        say('Removed.');
      } catch (e) {
        show(this.trouble, e.message);
      }
    }, 'quiet');
    b.addEventListener('blur', () => {
      b.dataset.sure = '';
      b.textContent = 'Remove';
      b.classList.remove('danger');
    });
    return b;
  }

  async loadDeliveries() {
    const { deliveries } = await call('GET', `/api/jobs/${this.id}/deliveries`);
    this.deliveries.hidden = deliveries.length === 0;
    this.deliveries.replaceChildren(h('h4', {}, 'Callbacks'), h('ul', {}, ...deliveries.map((d) => this.delivery(d))));
  }

  delivery(d) {
    const outcome = { delivered: 'Delivered', failed: 'Failed', pending: 'Waiting' }[d.status];
    const detail = [d.eventType, count(d.attempts, 'attempt', 'attempts')];
    if (d.httpStatus) detail.push(`answer ${d.httpStatus}`);
    if (d.errorMessage) detail.push(d.errorMessage);
    return h('li', {}, h('strong', {}, outcome), h('span', { class: 'grow' }, detail.join(' · ')),
      d.status === 'pending' ? null : this.button('Send again', async () => {
        await call('POST', `/api/webhooks/deliveries/${encodeURIComponent(d.id)}/retry`);
        await this.loadDeliveries();
      }, 'quiet'));
  }
}

function title(job) {
  const first = job.firstFilename || 'From the web';
  return job.inputs > 1 ? `${first} and ${(job.inputs - 1).toLocaleString('en')} more` : first;
}

function work(job) {
  const format = job.settings?.format;
  return toolName(job.tool || job.jobType) + (format ? ` to ${format}` : '');
}
