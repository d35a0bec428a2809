// A network of ours written down, layer by layer, under the paths of its parameters.

import type { DescribedNode } from '../engine/nn/described.js';
import type { Layer } from '../engine/nn/layer.js';

/**
 * The described layers of a network.
 *
 * @param input name of the node that it reads.
 * @returns null where one of its layers has no description.
 */
export function describeLayer(layer: Layer, input = 'input'): DescribedNode[] | null {
  const nodes: DescribedNode[] = [];
  return walk(layer, '', input, nodes) === null ? null : nodes;
}

/** Adds what `layer` is made of. @returns the node that gives its output; null where it has no description. */
function walk(layer: Layer, path: string, from: string, nodes: DescribedNode[]): string | null {
  const { form } = layer;
  const inside = (name: string): string => (path === '' ? name : `${path}/${name}`);
  switch (form?.kind) {
    case 'identity':
      return from;
    case 'layer':
      nodes.push({ name: path, from: [from], layer: form.layer });
      return path;
    case 'sequence': {
      let last: string | null = from;
      for (const [name, inner] of Object.entries(form.layers)) {
        last = walk(inner, inside(name), last, nodes);
        if (last === null) return null;
      }
      return last;
    }
    case 'nodes':
      for (const node of form.nodes)
        nodes.push({
          ...node,
          name: inside(node.name),
          from: node.from.map((name) => (name === 'input' ? from : inside(name))),
        });
      return inside(form.nodes.at(-1)!.name);
    case 'branches': {
      const ends = form.names.map((name, i) => walk(form.layers[i]!, inside(name), from, nodes));
      if (ends.includes(null)) return null;
      nodes.push({ name: inside('join'), from: ends as string[], layer: form.join });
      return inside('join');
    }
    default:
      return null;
  }
}
