// Bundles command line and packet paths into dist/, and the console when its inputs changed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** zod's messages are wanted in English only: fifty languages are half of it, and memory of every agent. */
const onlyEnglish = {
  name: 'only-english',
  setup(bundle) {
    bundle.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export { default as en } from './en.js';" }));
  },
};

await build({
  absWorkingDir: root,
  entryPoints: {
    parallax: 'bin/parallax.ts',
    demo: 'bin/demo.ts',
    'online-path': 'agents/online/src/online-path.ts',
    'assistant-path': 'agents/assistant/src/assistant-path.ts',
  },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  minifyWhitespace: true, // V8 keeps the source: without comments it is a third, and of one byte for each character
  lineLimit: 160,
  external: ['koffi', 'cap', 'raw-socket', './console.mjs'],
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  plugins: [onlyEnglish],
  logLevel: 'warning',
});

const consoleBuild = join(root, 'scripts/build-console.mjs');
if (existsSync(consoleBuild) && !process.argv.includes('--no-console')) {
  const { status } = spawnSync(process.execPath, [consoleBuild], { stdio: 'inherit', cwd: root });
  process.exit(status ?? 1);
}
