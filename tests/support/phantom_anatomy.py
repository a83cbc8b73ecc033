# SPDX-License-Identifier: Apache-2.0
"""A chest from formulas: Hounsfield units and the truth about the lungs, slice by slice.

Coordinates are DICOM's patient coordinates in millimetres: +x to the patient's left, +y to the back, +z to the head.
Every shape is a signed distance; a pixel at its edge gets the share of the shape it covers (in-plane by the distance,
along z by `planes_in` planes), so that the truth is the volume of the shapes and not a count of pixels.
"""
import numpy as np

PLANE_MM = 1.5  # at most so far apart are the planes that a slice averages
LENGTH = 300.0  # mm of anatomy that a complete series covers; the lungs reach from -136 to +130

AIR, SKIN, FAT, MUSCLE, SOFT, HEART, LIVER = -1000.0, 20.0, -100.0, 50.0, 35.0, 42.0, 58.0
RIB, SPONGIOSA, CANAL, DISC, TABLE_SHELL, TABLE_FOAM = 450.0, 190.0, 20.0, 80.0, -150.0, -930.0
LUNG, EMPHYSEMA, DENSE, VESSEL, WALL = -860.0, -1000.0, -450.0, 45.0, 10.0

TRACHEA = ((0.0, 38.0, 200.0), (2.0, 32.0, 38.0))
HILUM = {"right": (-46.0, 28.0, 6.0), "left": (52.0, 30.0, -2.0)}


def planes_in(millimetres):
    """Heights of the planes of a layer, relative to its middle. Their number is odd: with an even one, each flat surface
    would leave pixels that are covered exactly by half, which no slice of a scanner has."""
    count = 2 * int(np.ceil(millimetres / PLANE_MM / 2)) + 1
    return ((np.arange(count) + 0.5) / count - 0.5) * millimetres


class Plane:
    """The pixel grid of one plane at height z."""

    def __init__(self, size, pixel):
        self.pixel = np.float32(pixel)
        axis = ((np.arange(size) - (size - 1) / 2.0) * pixel).astype(np.float32)
        self.x, self.y = axis[None, :], axis[:, None]
        self.axis = axis

    def window(self, x, y, reach):
        """Rows and columns within `reach` of (x, y): small shapes are only evaluated there."""
        margin = reach + 2 * float(self.pixel)
        i0, i1 = np.searchsorted(self.axis, (x - margin, x + margin))
        j0, j1 = np.searchsorted(self.axis, (y - margin, y + margin))
        return slice(j0, j1), slice(i0, i1)

    def cover(self, distance):
        cover = distance * np.float32(-1 / self.pixel)
        cover += np.float32(0.5)
        np.maximum(cover, np.float32(0), out=cover)
        return np.minimum(cover, np.float32(1), out=cover)

    def ellipse(self, cx, cy, a, b, box=(slice(None), slice(None))):
        """Distance to an ellipse, negative inside; exact on the edge to first order. In the rows and columns of box."""
        x, y = self.x[:, box[1]], self.y[box[0]]
        if a < 0.5 or b < 0.5:
            return np.full((y.shape[0], x.shape[1]), 1e3, np.float32)
        u2, v2 = np.square((x - np.float32(cx)) / np.float32(a)), np.square((y - np.float32(cy)) / np.float32(b))
        distance = u2 + v2
        slope = u2 / np.float32(a * a) + v2 / np.float32(b * b)
        np.sqrt(slope, out=slope)
        slope += np.float32(1e-6)
        distance -= np.sqrt(distance)
        distance /= slope
        return distance

    def small_ellipse(self, cx, cy, a, b):
        """The rows and columns around an ellipse, and the distance to it there."""
        margin = 2 * float(self.pixel)
        i0, i1 = np.searchsorted(self.axis, (cx - a - margin, cx + a + margin))
        j0, j1 = np.searchsorted(self.axis, (cy - b - margin, cy + b + margin))
        box = slice(j0, j1), slice(i0, i1)
        return box, self.ellipse(cx, cy, a, b, box)


def paint(hu, cover, value):
    change = value - hu
    change *= cover
    hu += change


def paint_ellipse(grid, hu, shape, value):
    box, distance = grid.small_ellipse(*shape)
    paint(hu[box], grid.cover(distance), value)


def cap(z, centre, radius):
    """Scale of an ellipsoid's cross-section at height z."""
    return float(np.sqrt(max(0.0, 1.0 - ((z - centre) / radius) ** 2)))


def cavity_scale(z):
    if z > 20:
        return cap(z, 20, 110)
    return cap(z, -100, 36) if z < -100 else 1.0


class Chest:
    def __init__(self, kind, seed):
        self.kind = kind
        self.rng = np.random.default_rng([seed, {"normal": 1, "emphysema": 2, "high-attenuation": 3}[kind]])
        self.scale = self.rng.uniform(0.95, 1.03)
        self.lesions = self._lesions()
        self.vessels = [capsule for side in ("right", "left") for capsule in self._tree(side)]
        self.vessel_ends = np.array([reach_of(*capsule) for capsule in self.vessels]).T
        self.airways = self._airways()

    # Random parts: lists of spheres (x, y, z, r) and capsules (from, to, r).

    def _lesions(self):
        count = {"normal": 0, "emphysema": 2600, "high-attenuation": 260}[self.kind]
        spheres = np.empty((count, 4), np.float32)
        spheres[:, 0] = self.rng.choice((-1, 1), count) * self.rng.uniform(38, 128, count)
        spheres[:, 1] = self.rng.uniform(-85, 85, count)
        if self.kind == "emphysema":  # mostly in the upper lobes
            spheres[:, 2] = 115 - 230 * np.square(self.rng.uniform(0, 1, count))
            spheres[:, 3] = self.rng.uniform(5, 10, count)
        else:  # mostly basal
            spheres[:, 2] = -115 + 230 * np.square(self.rng.uniform(0, 1, count))
            spheres[:, 3] = self.rng.uniform(9, 19, count)
        return spheres

    def _tree(self, side):
        """Vessels: capsules that fork outward from the hilum and get thinner."""
        capsules, tips = [], []
        sign = -1.0 if side == "right" else 1.0
        for _ in range(7):
            direction = np.array([sign * self.rng.uniform(0.4, 1), *self.rng.uniform(-1, 1, 2)])
            tips.append((np.array(HILUM[side]), direction / np.linalg.norm(direction), 2.6, 5))
        while tips:
            start, direction, radius, depth = tips.pop()
            end = start + direction * self.rng.uniform(14, 24)
            capsules.append((start, end, radius))
            if depth == 0:
                continue
            for _ in range(2):
                turned = direction + self.rng.normal(0, 0.45, 3)
                tips.append((end, turned / np.linalg.norm(turned), radius * 0.78, depth - 1))
        return capsules

    def _airways(self):
        carina = np.array(TRACHEA[1])
        tubes = [(np.array(TRACHEA[0]), carina, 8.5, 1.6)]
        for side, radius in (("right", 6.6), ("left", 5.8)):
            hilum = np.array(HILUM[side])
            tubes.append((carina, hilum, radius, 1.4))
            outward = np.array([-1.0 if side == "right" else 1.0, 0.1, 0])
            for dz in (0.9, -0.2, -1.1):
                tip = hilum + 26 * (outward + (0, 0, dz)) / np.hypot(1, dz)
                tubes.append((hilum, tip, 2.4, 1.0))
        return tubes

    # One plane.

    def plane(self, grid, z):
        """Hounsfield units and the cover of: right lung, left lung, lesion in lung, vessel in lung, airway lumen."""
        z = z / self.scale
        grid = ScaledPlane(grid, self.scale)
        s = cavity_scale(z)
        cavity = grid.ellipse(0, -2, 132 * s, 92 * s)
        hu = self._wall(grid, z, cavity if s > 0 else grid.ellipse(0, -2, 20, 20))
        inside = self._organs(grid, z, hu, cavity)
        septum = grid.x - np.float32(2.5) - np.float32(0.02) * grid.y
        right, left = (grid.cover(np.maximum(inside, d)) for d in (septum + np.float32(0.25), np.float32(0.25) - septum))
        outer, lumen = self._tubes(grid, z, hu.shape)
        right, left = right * (1 - outer), left * (1 - outer)
        both = right + left
        parenchyma = np.float32(LUNG) + np.float32(0.12) * grid.y  # denser at the back, where the blood is
        lesion = self._spheres(grid, z, hu.shape)
        vessel = self._branches(grid, z, hu.shape)
        target = EMPHYSEMA if self.kind == "emphysema" else DENSE
        tissue = parenchyma + lesion * (target - parenchyma)
        tissue += vessel * (VESSEL - tissue)
        paint(hu, both, tissue)
        paint(hu, outer, WALL)
        paint(hu, lumen, AIR)
        return hu, right, left, lesion * (1 - vessel) * both, vessel * both, lumen

    def _wall(self, grid, z, cavity):
        hu = np.full(cavity.shape, AIR, np.float32)
        body = grid.ellipse(0, 0, 166, 117)
        paint(hu, grid.cover(body), SKIN)
        paint(hu, grid.cover(body + 2), FAT)
        paint(hu, grid.cover(np.maximum(cavity - 20, body + 6)), MUSCLE)
        along = np.mod(z + np.float32(0.3) * grid.y, np.float32(27.0)) - np.float32(13.5)
        rib = np.maximum(np.abs(cavity - 6) - 4, np.abs(along) - np.float32(5.5))
        paint(hu, grid.cover(np.maximum(rib, body + 5)), RIB)
        paint_ellipse(grid, hu, (0, -101, 18, 6), SPONGIOSA)
        paint(hu, grid.cover(cavity), SOFT)
        back = slice(int(np.searchsorted(grid.axis, 90)), None)
        table = np.maximum(np.abs(grid.y[back] - np.float32(122) - np.square(grid.x) * np.float32(-0.0006)) - 12,
                           np.abs(grid.x) - 165)
        table = np.maximum(table, -body[back])
        paint(hu[back], grid.cover(table), TABLE_SHELL)
        paint(hu[back], grid.cover(table + 3), TABLE_FOAM)
        return hu

    def _organs(self, grid, z, hu, cavity):
        """Paints what lies between and below the lungs; gives the distance to the space that is left for them."""
        heart = cap(z, -52, 62)
        right_dome, left_dome = cap(z, -150, 75), cap(z, -165, 70)
        shapes = [((0, 6, 31, 72), SOFT), ((0, 72, 25, 22), MUSCLE)]
        if heart:
            shapes.append(((24, -22, 58 * heart, 54 * heart), HEART))
        if right_dome:
            shapes.append(((-72, 5, 88 * right_dome, 95 * right_dome), LIVER))
        if left_dome:
            shapes.append(((68, 8, 85 * left_dome, 92 * left_dome), MUSCLE))
        inside = cavity.copy()
        within = grid.cover(cavity)
        for shape, value in shapes:
            box, distance = grid.small_ellipse(*shape)
            paint(hu[box], grid.cover(distance) * within[box], value)
            np.maximum(inside[box], -distance, out=inside[box])
        disc = abs(np.mod(z, 30.0) - 15) < 3
        paint_ellipse(grid, hu, (0, 70, 21, 17), DISC if disc else SPONGIOSA)
        paint_ellipse(grid, hu, (0, 93, 8, 7), CANAL)
        paint_ellipse(grid, hu, (20, 48, 12, 12), HEART)
        return inside

    def _spheres(self, grid, z, shape):
        cover = np.zeros(shape, np.float32)
        near = self.lesions[np.abs(self.lesions[:, 2] - z) < self.lesions[:, 3] + 1]
        for x, y, cz, r in near:
            box = grid.window(x, y, r)
            d = np.sqrt(np.square(grid.x[:, box[1]] - x) + np.square(grid.y[box[0]] - y) + np.float32((z - cz) ** 2))
            np.maximum(cover[box], grid.cover(d - r), out=cover[box])
        return cover

    def _branches(self, grid, z, shape):
        cover = np.zeros(shape, np.float32)
        for i in np.flatnonzero((self.vessel_ends[0] < z) & (z < self.vessel_ends[1])):
            capsule(grid, z, cover, *self.vessels[i])
        return cover

    def _tubes(self, grid, z, shape):
        outer, lumen = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        for start, end, r, wall in self.airways:
            capsule(grid, z, outer, start, end, r + wall)
            capsule(grid, z, lumen, start, end, r)
        return outer, lumen


class ScaledPlane(Plane):
    """The same plane in the coordinates of the standard chest: one patient is larger than another."""

    def __init__(self, grid, scale):
        self.pixel = np.float32(grid.pixel / scale)
        self.x, self.y, self.axis = grid.x / np.float32(scale), grid.y / np.float32(scale), grid.axis / np.float32(scale)


def reach_of(start, end, r):
    """Along z, with room for a pixel at the edge."""
    return min(start[2], end[2]) - r - 1, max(start[2], end[2]) + r + 1


def capsule(grid, z, cover, start, end, r):
    low, high = reach_of(start, end, r)
    if not low < z < high:
        return
    axis = end - start
    centre, reach = (start + end) / 2, np.linalg.norm(axis) / 2 + r
    if reach > 60:  # the trachea: only where it passes this plane
        centre, reach = start + axis * (z - start[2]) / axis[2], r + 4
    box = grid.window(centre[0], centre[1], reach)
    px, py, pz = grid.x[:, box[1]] - start[0], grid.y[box[0]] - start[1], z - start[2]
    t = np.clip((px * axis[0] + py * axis[1] + pz * axis[2]) / (axis @ axis), 0, 1)
    d = np.sqrt(np.square(px - t * axis[0]) + np.square(py - t * axis[1]) + np.square(pz - t * axis[2]))
    np.maximum(cover[box], grid.cover((d - r).astype(np.float32)), out=cover[box])
