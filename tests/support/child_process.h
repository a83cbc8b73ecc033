// SPDX-License-Identifier: Apache-2.0
// A program beside a test: started with arguments, its output read line by line, ended by its pid when the test leaves.
#pragma once

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <string>
#include <vector>

#include "server/base/unique_fd.h"

namespace inferad::test {

class ChildProcess {
 public:
  // Its standard output is ours to read; the rest is inherited. `folder`: where it runs.
  explicit ChildProcess(std::vector<std::string> arguments, const std::string& folder = ".") {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      std::vector<char*> pointers;
      for (auto& argument : arguments) pointers.push_back(argument.data());
      pointers.push_back(nullptr);
      if (::chdir(folder.c_str()) == 0) ::execvp(pointers[0], pointers.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    output_.reset(ends[0]);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() { end(); }

  std::string read_line() {  // without the line feed; "" at the end
    std::string line;
    char c;
    while (::read(output_.get(), &c, 1) == 1 && c != '\n') line += c;
    return line;
  }
  void signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
  }
  // Waits for its own end; the exit status, or 128 + the signal.
  int wait() {
    int status = 0;
    if (pid_ > 0) ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void end() {
    signal(SIGKILL);
    if (pid_ > 0) wait();
  }

 private:
  pid_t pid_ = -1;
  UniqueFd output_;
};

}  // namespace inferad::test
