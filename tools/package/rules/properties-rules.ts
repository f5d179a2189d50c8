import { isObject, type JsonObject, listOf, objectOf, textOf } from '../json-object.js';
import type { Rule } from './rule.js';

/** The rules for `apiProperties.json`; a rule gets what is below its `properties`. */
export const propertiesRules: ReadonlyArray<Rule<JsonObject>> = [
  {
    name: 'brand-color',
    expected: 'The brand color is written as #rrggbb, and is neither white nor the #007ee5 that everybody begins with.',
    broken: ({ iconBrandColor }) => {
      const color = textOf(iconBrandColor).toLowerCase();
      return /^#[0-9a-f]{6}$/.test(color) && color !== '#ffffff' && color !== '#007ee5' ? [] : ['iconBrandColor'];
    },
  },
  {
    name: 'capabilities',
    expected: 'The capabilities are among actions and triggers.',
    broken: ({ capabilities }) => {
      const isKnown = (one: unknown) => one === 'actions' || one === 'triggers';
      return listOf(capabilities).length > 0 && listOf(capabilities).every(isKnown) ? [] : ['capabilities'];
    },
  },
  {
    name: 'publisher',
    expected: 'The publisher and the owner of what is connected to have names.',
    broken: (properties) => ['publisher', 'stackOwner'].filter((name) => textOf(properties[name]).trim() === ''),
  },
  {
    name: 'secret-type',
    expected: 'A key, password, secret or token is a securestring.',
    broken: (properties) =>
      parametersOf(properties)
        .filter(([name, { type }]) => /key|password|secret|token/i.test(name) && type !== 'securestring')
        .map(([name]) => name),
  },
  {
    name: 'parameter-texts',
    expected: 'A connection parameter has a displayName, and a description that says more.',
    broken: (properties) =>
      parametersOf(properties)
        .filter(([, { uiDefinition }]) => {
          const { displayName, description } = objectOf(uiDefinition);
          return textOf(displayName) === '' || textOf(description) === '' || displayName === description;
        })
        .map(([name]) => name),
  },
  {
    name: 'parameter-required',
    expected: 'constraints.required of a connection parameter is the text true or false.',
    broken: (properties) =>
      parametersOf(properties)
        .filter(([, { uiDefinition }]) => {
          const { required } = objectOf(objectOf(uiDefinition).constraints);
          return required !== 'true' && required !== 'false';
        })
        .map(([name]) => name),
  },
  {
    name: 'policy-parameters',
    expected: 'A policy uses connection parameters that are there.',
    broken: (properties) =>
      policiesOf(properties).flatMap(({ where, parameters }) =>
        [...JSON.stringify(parameters).matchAll(/@connectionParameters\('(\w+)'/g)]
          .filter(([, name = '']) => !Object.hasOwn(objectOf(properties.connectionParameters), name))
          .map(() => where),
      ),
  },
  {
    name: 'parameter-use',
    expected: 'A connection parameter is used by a policy: one without an effect is not offered.',
    broken: (properties) => {
      const used = JSON.stringify(policiesOf(properties));
      return parametersOf(properties)
        .map(([name]) => name)
        .filter((name) => !used.includes(`@connectionParameters('${name}'`));
    },
  },
  {
    name: 'host-policy',
    expected: 'A dynamichosturl policy makes the host of a self-hosted service, over https.',
    broken: (properties) => {
      const host = policiesOf(properties).find(({ templateId }) => templateId === 'dynamichosturl');
      const url = textOf(host?.parameters['x-ms-apimTemplateParameter.urlTemplate']);
      return url.startsWith("https://@connectionParameters('") ? [] : ['policyTemplateInstances'];
    },
  },
];

function parametersOf({ connectionParameters }: JsonObject): ReadonlyArray<readonly [string, JsonObject]> {
  return Object.entries(objectOf(connectionParameters)).map(([name, parameter]) => [name, objectOf(parameter)]);
}

function policiesOf({ policyTemplateInstances }: JsonObject) {
  return listOf(policyTemplateInstances)
    .filter(isObject)
    .map(({ templateId, title, parameters }) => ({
      where: textOf(title),
      templateId,
      parameters: objectOf(parameters),
    }));
}
