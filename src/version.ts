import { readFileSync } from 'node:fs';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

const validator = Compile(Type.Object({ version: Type.String() }));

/** The version of this service, as package.json has it. */
export const version: string = validator.Parse(
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')),
).version;
