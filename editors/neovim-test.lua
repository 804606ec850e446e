-- What neovim-test.sh runs in Neovim: fixes each file through the language server and saves it.
vim.lsp.config("shmlint", {
  cmd = { vim.env.SHMLINT, "server" },
  root_markers = { ".git" },
  filetypes = { "yaml", "yaml.docker-compose", "sh", "bash" },
})
vim.lsp.enable("shmlint")
vim.cmd("filetype on")

local function fail(text)
  io.stderr:write(text .. "\n")
  vim.cmd("cquit 1")
end

local function wait(what, ready)
  if not vim.wait(20000, ready, 20) then
    fail("waited in vain for " .. what)
  end
end

local function open(name)
  vim.cmd.edit(name)
  local buffer = vim.api.nvim_get_current_buf()
  wait("a client in " .. name, function()
    return #vim.lsp.get_clients({ bufnr = buffer, name = "shmlint" }) > 0
  end)
  return buffer
end

local function found(buffer)
  return #vim.diagnostic.get(buffer) > 0
end

for _, name in ipairs({ "compose.yaml", "run.sh", "pod.yaml" }) do
  local buffer = open(name)
  wait("a diagnostic in " .. name, function() return found(buffer) end)
  local place = vim.diagnostic.get(buffer)[1]
  vim.api.nvim_win_set_cursor(0, { place.lnum + 1, place.col })
  local client = vim.lsp.get_clients({ bufnr = buffer, name = "shmlint" })[1]
  local at = vim.lsp.util.make_position_params(0, client.offset_encoding)
  local hover = client:request_sync("textDocument/hover", at, 20000, buffer)
  if not (hover and hover.result and hover.result.contents.value:find("missing%-shm")) then
    fail("no hover in " .. name)
  end
  if name == "compose.yaml" then
    -- An unsaved override sets it: the base is fine as long as it is open.
    local other = open("compose.override.yaml")
    vim.api.nvim_buf_set_lines(other, 0, -1, false, { "services:", "  trainer:", "    shm_size: 8gb" })
    wait("the override to count", function() return not found(buffer) end)
    vim.api.nvim_buf_delete(other, { force = true })
    vim.api.nvim_set_current_buf(buffer)
    wait("the diagnostic to come back", function() return found(buffer) end)
    vim.api.nvim_win_set_cursor(0, { place.lnum + 1, place.col })
  end
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action) return action.isPreferred == true end,
  })
  wait("the fix of " .. name, function() return vim.bo[buffer].modified end)
  vim.cmd.write()
end
vim.cmd("qall!")
