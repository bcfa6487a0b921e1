// The task of pictures/contender.go, by sharp: argv[2] is its JSON.
import sharp from 'sharp';
import { readFile, writeFile } from 'node:fs/promises';

const task = JSON.parse(process.argv[2]);
sharp.concurrency(1);
sharp.cache(false);
const option = (name) => Number(task.Options[name]);
const encoders = {
  jpg: (s) => s.jpeg({ quality: option('Q'), optimiseCoding: true }),
  png: (s) => s.png({ compressionLevel: option('compression') }),
  webp: (s) => s.webp({ quality: option('Q'), effort: option('effort') }),
  avif: (s) => s.avif({ quality: option('Q'), effort: option('effort'), bitdepth: 8,
    chromaSubsampling: '4:2:0' }),
};
const resized = () => sharp(task.Photo).resize(task.Width);
let one = async () => encoders[task.Format](resized()).toBuffer();
if (task.Stage === 'encode') {
  const { data, info } = await resized().raw().toBuffer({ resolveWithObject: true });
  one = async () => encoders[task.Format](sharp(data, { raw: info })).toBuffer();
}

// A stage alone is not written: pixels would be much.
const keep = async (data) => { if (!task.Stage) await writeFile(task.Out, data); };
await keep(await one());
let left = task.Runs;
const begin = performance.now(), used = process.cpuUsage();
await Promise.all(Array.from({ length: task.Workers }, async () => {
  while (left-- > 0) await keep(await one());
}));
const Seconds = (performance.now() - begin) / 1000;
const { user, system } = process.cpuUsage(used);
const CPU = (user + system) / 1e6;
const status = await readFile('/proc/self/status', 'utf8');
const Peak = Number(status.match(/VmHWM:\s*(\d+) kB/)[1]) * 1024;
console.log(JSON.stringify({ Seconds, CPU, Peak }));
