import { type Dna, formatDna, parseDnaText } from '@galapagos/dna';

/** Characters of the texts that are kept: of a few hundred individuals. */
const KEPT = 4 * 2 ** 20;

/**
 * DNAs by the text of their file, those that were met last. Each is met again, as a parent and when it is recorded; to
 * read and to validate it takes many times what it takes to find the same text here. Nobody changes a DNA in place.
 */
export class KnownDnas {
  readonly #byText = new Map<string, Dna>();
  #length = 0;

  /** As `parseDnaText`. @throws DnaError as it does. */
  parse(text: string, file: string): Dna {
    const known = this.#byText.get(text);
    if (known === undefined) return this.#keep(text, parseDnaText(text, file));
    // The last met goes last.
    this.#byText.delete(text);
    this.#byText.set(text, known);
    return known;
  }

  /** The text of the file of a valid DNA, which is known from now on. */
  format(dna: Dna): string {
    const text = formatDna(dna);
    this.#keep(text, dna);
    return text;
  }

  #keep(text: string, dna: Dna): Dna {
    if (!this.#byText.has(text)) this.#length += text.length;
    this.#byText.set(text, dna);
    for (const oldest of this.#byText.keys()) {
      if (this.#length <= KEPT) break;
      this.#byText.delete(oldest);
      this.#length -= oldest.length;
    }
    return dna;
  }
}
