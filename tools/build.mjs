// Builds dist, which is the service and, in a folder of its own, the sandbox: npm run build, and at each npm ci.
// A production install (npm ci --omit=dev) has no compiler: there dist is what was built before.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiler = `${root}node_modules/typescript/bin/tsc`;

if (existsSync(compiler)) {
  // A renamed or deleted source file must leave no stale module behind.
  rmSync(`${root}dist`, { recursive: true, force: true });
  for (const project of ['tsconfig.build.json', 'sandbox']) {
    execFileSync(process.execPath, [compiler, '-p', project], { cwd: root, stdio: 'inherit' });
  }
} else if (!existsSync(`${root}dist/main.js`)) {
  process.stderr.write(
    'There is no dist, and no compiler to make it: run npm ci, or begin with what npm pack has made.\n',
  );
  process.exitCode = 1;
}
