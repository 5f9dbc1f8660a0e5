/** A product of the EcoMarket shop, with the columns of the documents. */
export interface Product {
  product_id: string
  name: string
  price: number
  stock: number
}

const ASSORTMENT: readonly [name: string, price: number, stock: number][] = [
  ['Manzana orgánica', 2.5, 120],
  ['Pan de masa madre', 4.2, 40],
  ['Leche de avena', 3.1, 80],
  ['Miel de abeja', 8.9, 35],
  ['Queso de cabra', 6.75, 25],
  ['Tomate de huerta', 1.95, 150],
  ['Aceite de oliva', 11.4, 60],
  ['Café de altura', 9.8, 70],
  ['Chocolate amargo', 3.6, 90],
  ['Huevos de campo', 4.5, 55],
  ['Arroz integral', 2.8, 110],
  ['Lentejas', 2.2, 130],
  ['Quinua real', 5.3, 65],
  ['Yogur natural', 2.9, 75],
  ['Mermelada de mora', 4.8, 45],
  ['Té de manzanilla', 3.3, 85],
  ['Granola artesanal', 5.9, 50],
  ['Espinaca fresca', 1.7, 95],
  ['Jabón de lavanda', 3.95, 100],
  ['Bolsa de algodón', 7.5, 200],
]

/** Products kept by one instance, so that a test that posts for hours does not fill the memory. */
const CAPACITY = 100_000

/** The catalogue of one instance, in its own memory: what one instance creates, the others do not know. */
export class Products {
  readonly #json = new Map<string, string>()
  #inOrder: string[] = []
  #created = 0

  constructor() {
    for (const [name, price, stock] of ASSORTMENT) this.add({ name, price, stock })
  }

  get size(): number {
    return this.#inOrder.length
  }

  /** The product as JSON text. */
  get(id: string): string | undefined {
    return this.#json.get(id)
  }

  /** A page as JSON text, in the order of creation. */
  list(offset: number, limit: number): string {
    return `[${this.#inOrder.slice(offset, offset + limit).join(',')}]`
  }

  /** Adds a product, under a new id unless it brings one; 'exists' when the id is taken, 'full' when there is no room. */
  add(draft: Omit<Product, 'product_id'> & { product_id?: string }): Product | 'exists' | 'full' {
    if (this.size >= CAPACITY) return 'full'
    let id = draft.product_id
    while (id === undefined || (id !== draft.product_id && this.#json.has(id))) {
      this.#created++
      id = `ECO-${String(this.#created).padStart(3, '0')}`
    }
    if (this.#json.has(id)) return 'exists'
    const product: Product = { product_id: id, name: draft.name, price: draft.price, stock: draft.stock }
    const json = JSON.stringify(product)
    this.#json.set(id, json)
    this.#inOrder.push(json)
    return product
  }
}

/** Reads a product to be created from a request's body; a text says what is wrong with it. */
export function parseDraft(body: string): (Omit<Product, 'product_id'> & { product_id?: string }) | string {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return 'the body is not JSON'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'the body must be a JSON object'
  const { product_id: id, name, price, stock = 0 } = value as Record<string, unknown>
  if (id !== undefined && (typeof id !== 'string' || !/^[\w.-]{1,50}$/.test(id))) {
    return 'product_id must be 1 to 50 letters, digits, "-", "_" or "."'
  }
  if (typeof name !== 'string' || name.trim() === '' || name.length > 200)
    return 'name must be a text of 1 to 200 characters'
  if (typeof price !== 'number' || price < 0 || price > 1e9) return 'price must be a number from 0 to 1000000000'
  if (typeof stock !== 'number' || !Number.isInteger(stock) || stock < 0 || stock > 1e9) {
    return 'stock must be a whole number from 0 to 1000000000'
  }
  return { name, price, stock, ...(id === undefined ? {} : { product_id: id }) }
}
