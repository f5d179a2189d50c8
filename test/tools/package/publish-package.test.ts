import t from 'tap';
import { publishPackage } from '../../../tools/package/publish-package.js';

const good = { name: 'a.json', text: '{}\n', findings: [] };
const bad = {
  name: 'b.json',
  text: '[]\n',
  findings: [{ rule: 'get-body', where: 'GetUser.body', expected: 'A GET has no body.' }],
};

/** A folder in memory. */
function folderOf(content: Record<string, string>) {
  const files = new Map(Object.entries(content));
  return {
    files,
    read: (name: string) => files.get(name),
    write: (name: string, text: string) => void files.set(name, text),
  };
}

t.test('a package that keeps every rule is written', async (t) => {
  const folder = folderOf({ 'a.json': 'old' });
  t.strictSame(publishPackage([good], folder, false), { done: ['Wrote a.json.'], wrong: [] });
  t.equal(folder.files.get('a.json'), '{}\n');
});

t.test('a package that breaks a rule is not written, and each breach is a line with place and rule', async (t) => {
  const folder = folderOf({});
  t.strictSame(publishPackage([good, bad], folder, false), {
    done: [],
    wrong: ['b.json: GetUser.body breaks get-body: A GET has no body.', 'Nothing was written.'],
  });
  t.equal(folder.files.size, 0);
});

t.test('a check fails on drift, on a missing file and on a broken rule, and writes nothing', async (t) => {
  const drift = (name: string) => `${name} is not what the code says: run "npm run definition" and commit it.`;
  for (const content of [{}, { 'a.json': 'old' }]) {
    const folder = folderOf(content);
    t.strictSame(publishPackage([good], folder, true), { done: [], wrong: [drift('a.json')] });
    t.strictSame(Object.fromEntries(folder.files), content);
  }
  t.strictSame(publishPackage([good, bad], folderOf({ 'a.json': '{}\n', 'b.json': '[]\n' }), true), {
    done: [],
    wrong: ['b.json: GetUser.body breaks get-body: A GET has no body.'],
  });
  t.strictSame(publishPackage([good], folderOf({ 'a.json': '{}\n' }), true), {
    done: ['a.json is up to date and keeps every rule.'],
    wrong: [],
  });
});
