// Makes a folder of pictures to try `galapagos data import` with: five shapes, each a subfolder, drawn at any place,
// size, angle and colour before a noisy ground; PNG and JPEG, of different sizes.
//
//   node test/bench/pictures.mjs FOLDER [PICTURES] [SEED]

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '@galapagos/dna';
import sharp from 'sharp';

const [folder, pictures = '2000', seed = 'pictures'] = process.argv.slice(2);
if (folder === undefined) throw new Error('node test/bench/pictures.mjs FOLDER [PICTURES] [SEED]');
const random = new SeededRandom(seed);
const between = (least, most) => least + (most - least) * random.next();
const colour = () => `hsl(${between(0, 360)}, ${between(40, 90)}%, ${between(25, 75)}%)`;

/** Within a circle of radius 1. */
const SHAPES = {
  circle: '<circle r="0.9"/>',
  square: '<rect x="-0.7" y="-0.7" width="1.4" height="1.4"/>',
  triangle: '<path d="M0-1 0.87 0.5-0.87 0.5z"/>',
  cross: '<path d="M-0.25-0.9h0.5v0.65h0.65v0.5h-0.65v0.65h-0.5v-0.65h-0.65v-0.5h0.65z"/>',
  ring: '<circle r="0.65" fill="none" stroke-width="0.4" stroke="currentColor"/>',
};

for (let number = 0; number < Number(pictures); number++) {
  const names = Object.keys(SHAPES);
  const name = names[number % names.length];
  mkdirSync(join(folder, name), { recursive: true });
  const [width, height] = [between(48, 160), between(48, 160)].map(Math.round);
  const radius = Math.min(width, height) * between(0.22, 0.45);
  const [x, y] = [between(radius, width - radius), between(radius, height - radius)];
  const paint = colour();
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="${colour()}"/>
    <g transform="translate(${x} ${y}) rotate(${between(0, 360)}) scale(${radius})" fill="${paint}" color="${paint}">${SHAPES[name]}</g>
  </svg>`;
  const image = sharp(Buffer.from(svg)).removeAlpha();
  const noisy = sharp(noise(await image.raw().toBuffer({ resolveWithObject: true })), {
    raw: { width, height, channels: 3 },
  });
  const file = join(folder, name, String(number).padStart(5, '0'));
  await (number % 2 === 0
    ? noisy.png().toFile(`${file}.png`)
    : noisy.jpeg({ quality: 85 }).toFile(`${file}.jpg`));
}

function noise({ data }) {
  const amplitude = between(5, 40);
  return Buffer.from(data.map((value) => Math.max(0, Math.min(255, value + between(-amplitude, amplitude)))));
}
