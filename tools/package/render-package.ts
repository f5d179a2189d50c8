import { renderDefinition } from '../../src/definition/render-definition.js';
import { operations } from '../../src/operations/operations.js';
import { triggers } from '../../src/triggers/triggers.js';
import { version } from '../../src/version.js';
import { checkDefinition, type Finding } from './check-definition.js';
import { checkProperties } from './check-properties.js';
import { renderProperties } from './render-properties.js';

/** A file of the connector's package that is made of the code. */
export interface PackageFile {
  readonly name: string;
  readonly text: string;
  /** Which of the designers' rules it breaks. */
  readonly findings: readonly Finding[];
}

/**
 * Renders the connector's package. The host and the contact in it are placeholders: a running service serves the
 * definition with its own address.
 */
export function renderPackage(): readonly PackageFile[] {
  const definition = renderDefinition({
    operations,
    triggers,
    publicUrl: new URL('https://pagerduty-connector.example.com'),
    version,
    contactEmail: 'operators@pagerduty-connector.example.com',
  });
  return [
    file('apiDefinition.swagger.json', definition, checkDefinition),
    file('apiProperties.json', renderProperties(), checkProperties),
  ];
}

function file(name: string, document: object, check: (document: unknown) => readonly Finding[]): PackageFile {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  return { name, text, findings: check(JSON.parse(text)) };
}
