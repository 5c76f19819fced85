import type { Dna, Shape } from '@galapagos/dna';
import { type Layout, type PlacedArc, type PlacedRow, layOut } from './network-layout.js';
import { describeClassifier, networkRows } from './network-rows.js';
import {
  type Caption,
  LETTER,
  captionElements,
  captionWidth,
  element,
  svgDocument,
  textElement,
} from './svg.js';

// In pixels.
const MARGIN = 16;
const TOP = 64;
const LABEL = 20;
const LANE = 13;
const CORNER = 6;
const FOOT = 44;

const POOLING = 'global average pooling';

/** Middle tones, which stand out on light and on dark; neighbours differ. */
const COLOURS = [
  '#2563eb',
  '#d97706',
  '#059669',
  '#c026d3',
  '#dc2626',
  '#0891b2',
  '#7c3aed',
  '#65a30d',
] as const;

/**
 * A network as an SVG picture: a column of vertices from the image down to the classifier, convolutions as boxes on
 * the edges between them, all other edges as arcs in lanes of their own at the right.
 */
export function drawNetworkSvg(dna: Dna, image: Shape, classes: number, caption: Caption): string {
  const layout = layOut(networkRows(dna, image), TOP);
  const classifier = describeClassifier(dna, image, classes);
  const inColumn = layout.rows.flatMap(({ row }) => [row.text, row.edge?.text ?? '']);
  const column = { left: MARGIN, width: widthOf([...inColumn, classifier, POOLING]) };
  const right = column.left + column.width;
  const named = layout.arcs.filter(({ arc }) => arc.text !== '');
  const lane = right + (named.length === 0 ? 24 : widthOf(named.map(({ arc }) => arc.text)) + 36);
  const foot = layout.bottom + FOOT;
  return svgDocument({
    width: Math.max(lane + Math.max(0, layout.lanes - 1) * LANE, captionWidth(caption)) + 2 * MARGIN,
    height: foot + 24 + MARGIN,
    title: caption.title,
    description: describeNetwork(layout, classifier),
    elements: [
      ...captionElements(caption, MARGIN),
      // The outer ones first: where two cross, the inner one lies above.
      ...layout.arcs
        .toSorted((a, b) => b.lane - a.lane)
        .flatMap((arc) => drawArc(arc, right, lane + arc.lane * LANE)),
      ...named.map(({ arc, end }) =>
        labelled(
          'conv',
          { x: right + 16, y: end - LABEL / 2, width: widthOf([arc.text]), height: LABEL },
          arc.text,
        ),
      ),
      ...layout.rows.flatMap((row, index) => drawRow(row, layout.rows[index - 1], column)),
      ...drawFoot(layout.bottom, foot, column, classifier),
    ],
  });
}

interface Column {
  readonly left: number;
  readonly width: number;
}

function drawRow(
  { row, top, bottom }: PlacedRow,
  above: PlacedRow | undefined,
  { left, width }: Column,
): string[] {
  const middle = left + width / 2;
  const edge = above === undefined || row.edge === undefined ? [] : [downwards(middle, above.bottom, top)];
  const text = row.edge?.text ?? '';
  const convolution = {
    x: left + 12,
    width: width - 24,
    height: LABEL,
    y: ((above?.bottom ?? 0) + top - LABEL) / 2,
  };
  return [
    ...edge,
    ...(text === '' ? [] : [labelled('conv', convolution, text)]),
    labelled(row.isActivation ? 'active' : 'box', { x: left, y: top, width, height: bottom - top }, row.text),
  ];
}

function drawFoot(bottom: number, foot: number, { left, width }: Column, classifier: string): string[] {
  const middle = left + width / 2;
  const pooling = { x: left + 12, width: width - 24, height: LABEL, y: (bottom + foot - LABEL) / 2 };
  return [
    downwards(middle, bottom, foot),
    labelled('paper', pooling, POOLING),
    labelled('box', { x: left, y: foot, width, height: 24 }, classifier),
  ];
}

/** From the right edge of a vertex out to its lane, down, and back to another; over a gap in what it crosses. */
function drawArc({ start, end, lane }: PlacedArc, right: number, x: number): string[] {
  const path = [
    `M${right} ${round(start)}`,
    `H${x - CORNER}q${CORNER} 0 ${CORNER} ${CORNER}`,
    `V${round(end - CORNER)}q0 ${CORNER} ${-CORNER} ${CORNER}`,
    `H${right + 6}`,
  ].join('');
  const stroke = COLOURS[lane % COLOURS.length] ?? COLOURS[0];
  const head = `M${right + 1} ${round(end)}l7 -3.5v7z`;
  return [
    element('path', { class: 'gap', d: path }),
    element('path', { class: 'arc', stroke, d: path }),
    element('path', { fill: stroke, d: head }),
  ];
}

function downwards(x: number, from: number, to: number): string {
  return (
    element('path', { class: 'line', d: `M${round(x)} ${from}V${to - 6}` }) +
    element('path', { class: 'head', d: `M${round(x)} ${to}l-3.5 -7h7z` })
  );
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function labelled(kind: 'box' | 'active' | 'conv' | 'paper', box: Box, text: string): string {
  const { x, y, width, height } = box;
  const attributes = { x: x + width / 2, y: y + height / 2 + 4, 'text-anchor': 'middle' };
  return (
    element('rect', { class: kind, ...box, rx: kind === 'conv' ? 9 : 4 }) + textElement(attributes, text)
  );
}

function widthOf(texts: readonly string[]): number {
  return Math.ceil(LETTER * Math.max(...texts.map((text) => text.length))) + 24;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function describeNetwork({ rows, arcs }: Layout, classifier: string): string {
  const column = rows.flatMap(({ row }) => [row.edge?.text ?? '', row.text]).filter((text) => text !== '');
  const skips = arcs.map(
    ({ arc }) => `${arc.text === '' ? 'skip' : arc.text} from vertex ${arc.from + 1} to ${arc.to + 1}`,
  );
  return `${[...column, POOLING, classifier].join('; ')}.${skips.length === 0 ? '' : ` Beside them: ${skips.join('; ')}.`}`;
}
