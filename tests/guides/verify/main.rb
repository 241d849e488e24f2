require_relative "sample"

ARGV.each do |folder|
  headers = %w[id timestamp signature].to_h { |name| ["webhook-#{name}", File.read("#{folder}/#{name}")] }
  event = verify(File.read("#{folder}/secret"), headers, File.binread("#{folder}/body"))
  puts event["type"] == "member.created" ? "taken" : "not-the-event"
rescue SecurityError
  puts "refused"
end
