// SPDX-License-Identifier: Apache-2.0
// Nothing: CMake wants one file compiled with the precompiled header that every test binary uses.
