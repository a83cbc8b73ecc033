# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=assets_data.cpp -DFOLDER=pages "-DFILES=a.html;b.js" -P embed.cmake
# Writes the text files as raw string literals; needs nothing but CMake.
set(types_html "text/html; charset=utf-8")
set(types_css "text/css; charset=utf-8")
set(types_js "text/javascript; charset=utf-8")
set(types_svg "image/svg+xml")

set(text "// Written by embed.cmake from pages/.\n#include \"server/web/assets.h\"\n\nnamespace inferad::web {\n\n")
string(APPEND text "std::span<const Asset> assets() {\n  static constexpr Asset all[] = {\n")
foreach(file IN LISTS FILES)
  file(READ "${FOLDER}/${file}" bytes)
  file(SHA256 "${FOLDER}/${file}" hash)
  string(SUBSTRING "${hash}" 0 16 hash)
  get_filename_component(extension "${file}" LAST_EXT)
  string(SUBSTRING "${extension}" 1 -1 extension)
  if(NOT DEFINED types_${extension})
    message(FATAL_ERROR "${file}: no content type for .${extension}")
  endif()
  string(APPEND text "      {\"${file}\", \"${types_${extension}}\", \"\\\"${hash}\\\"\", R\"asset~(${bytes})asset~\"},\n")
endforeach()
string(APPEND text "  };\n  return all;\n}\n\n}  // namespace inferad::web\n")
file(WRITE "${OUT}" "${text}")
