// Loaded into every process of an agent by `npm run bench:profile`: the packet path records where its time goes and what it allocates between two SIGUSR2.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { basename, join } from 'node:path';
import { memoryUsage } from 'node:process';
import v8 from 'node:v8';

const name = /(online|assistant)-path\.mjs$/.exec(process.argv[1] ?? '')?.[1];

if (name !== undefined) {
  const session = new Session();
  session.connect();
  const post = (method, params) => new Promise((resolve, reject) => session.post(method, params, (error, result) => (error ? reject(error) : resolve(result))));
  let isRunning = false;
  process.on('SIGUSR2', async () => {
    const path = join(process.env.PARALLAX_PROFILE_DIR, `${name}.json`);
    if (!isRunning) {
      isRunning = true;
      if (process.env.PARALLAX_PROFILE === 'cpu') {
        await post('Profiler.enable');
        await post('Profiler.setSamplingInterval', { interval: 200 });
        await post('Profiler.start');
      } else {
        await post('HeapProfiler.startSampling', { samplingInterval: 4096, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true });
      }
      return;
    }
    const { profile } = await post(process.env.PARALLAX_PROFILE === 'cpu' ? 'Profiler.stop' : 'HeapProfiler.stopSampling');
    writeFileSync(path, JSON.stringify({ name: basename(path), profile, memory: memoryUsage(), heap: v8.getHeapSpaceStatistics() }));
  });
}
