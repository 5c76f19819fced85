type Attributes = Readonly<Record<string, string | number>>;

/** An element of XML; its content is elements, or text that is escaped already. */
export function element(name: string, attributes: Attributes, content?: string): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeXml(valueText(value))}"`,
  );
  const tag = `${name}${written.join('')}`;
  return content === undefined ? `<${tag}/>` : `<${tag}>${content}</${name}>`;
}

export function textElement(attributes: Attributes, text: string): string {
  return element('text', attributes, escapeXml(text));
}

function valueText(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 10) / 10) : value;
}

function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (mark) => entities[mark] ?? mark);
}

/** Pixels of a letter of the one font: that of a terminal, whose letters are all as wide. */
export const LETTER = 6.7;

/** What stands above a picture. */
export interface Caption {
  readonly title: string;
  readonly text: string;
}

export function captionElements({ title, text }: Caption, left: number): string[] {
  return [
    textElement({ x: left, y: 26, class: 'title' }, title),
    textElement({ x: left, y: 44, class: 'faint' }, text),
  ];
}

export function captionWidth({ title, text }: Caption): number {
  return LETTER * Math.max(title.length, text.length);
}

/** Without variables, which many a program that shows SVG does not know. */
const STYLE = `
  text { font: 11px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2937; }
  .paper { fill: #ffffff; }
  .title { font-weight: bold; }
  .faint { fill: #6b7280; }
  .box { fill: #f3f4f6; stroke: #6b7280; }
  .active { fill: #e0e7ff; stroke: #4f46e5; }
  .conv { fill: #fef3c7; stroke: #b45309; }
  .line { fill: none; stroke: #6b7280; stroke-width: 1.5; }
  .head { fill: #6b7280; }
  .gap { fill: none; stroke: #ffffff; stroke-width: 5; }
  .arc { fill: none; stroke-width: 1.5; }
  .grid { fill: none; stroke: #e5e7eb; }
  .dot { fill: #2563eb; stroke: #2563eb; }
  .hollow { fill: #ffffff; stroke: #2563eb; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f3f4f6; }
    .paper { fill: #111827; }
    .faint { fill: #9ca3af; }
    .box { fill: #1f2937; stroke: #9ca3af; }
    .active { fill: #312e81; stroke: #818cf8; }
    .conv { fill: #451a03; stroke: #d97706; }
    .line { stroke: #9ca3af; }
    .head { fill: #9ca3af; }
    .gap { stroke: #111827; }
    .grid { stroke: #374151; }
    .hollow { fill: #111827; }
  }
`;

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Both read out to those who do not see it. */
  readonly title: string;
  readonly description: string;
  readonly elements: readonly string[];
}

/** A picture of its own, light or dark as its reader's screen is. */
export function svgDocument({ width, height, title, description, elements }: Picture): string {
  const [wide, high] = [Math.ceil(width), Math.ceil(height)];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width: wide,
    height: high,
    viewBox: `0 0 ${wide} ${high}`,
    role: 'img',
    'aria-labelledby': 'title desc',
  };
  const content = [
    element('title', { id: 'title' }, escapeXml(title)),
    element('desc', { id: 'desc' }, escapeXml(description)),
    element('style', {}, STYLE),
    element('rect', { class: 'paper', width: wide, height: high }),
    ...elements,
  ];
  return element('svg', attributes, `\n${content.join('\n')}\n`);
}
