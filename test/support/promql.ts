import { parser } from '@prometheus-io/lezer-promql';

/** A metric that an expression selects, and by which labels. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

/** What an expression of PromQL asks for. */
export interface Query {
  readonly selectors: readonly Selector[];
  /** The labels that it groups or joins by. */
  readonly labels: readonly string[];
  /** Whether it has a result at some times only, as an alert's expression must. */
  readonly isCondition: boolean;
}

/** Reads an expression. @throws {Error} if it is not PromQL */
export function readQuery(expression: string): Query {
  const selectors: Selector[] = [];
  const labels: string[] = [];
  let matchers: { label: string; operator: string; value: string }[] = [];
  let isCondition = false;
  parser.parse(expression).iterate({
    enter(node) {
      const text = expression.slice(node.from, node.to);
      if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${expression}`);
      if (['Gtr', 'Lss', 'Gte', 'Lte', 'Eql', 'Absent'].includes(node.name)) isCondition = true;
      if (node.name === 'VectorSelector') {
        matchers = [];
        selectors.push({ metric: /^\w+/.exec(text)?.[0] ?? '', matchers });
      }
      if (node.name === 'UnquotedLabelMatcher') {
        const [, label = '', operator = '', value = ''] = /^(\w+)\s*(=~|!~|!=|=)\s*"(.*)"$/.exec(text) ?? [];
        matchers.push({ label, operator, value });
      }
      if (node.name === 'LabelName' && node.node.parent?.name === 'GroupingLabels') labels.push(text);
    },
  });
  return { selectors, labels, isCondition };
}
